//! The table of flags: those of kubeseal, of kubectl, and of the logging library that it carries along.

use super::flags::{Flag, Kind};
use crate::seal::Scope;

/// Prefix of the environment variables that set flags.
pub const ENVIRONMENT_PREFIX: &str = "SEALED_SECRETS";

const fn flag(name: &'static str, kind: Kind, value: &'static str, usage: &'static str) -> Flag {
    Flag {
        name,
        short: None,
        kind,
        value,
        default: "",
        usage,
        from_env: true,
    }
}

const fn short(mut flag: Flag, letter: char) -> Flag {
    flag.short = Some(letter);
    flag
}

const fn defaults_to(mut flag: Flag, default: &'static str) -> Flag {
    flag.default = default;
    flag
}

/// A flag of the logging library that the original carries along: accepted, of no effect.
const fn log(name: &'static str, kind: Kind, value: &'static str, usage: &'static str) -> Flag {
    let mut flag = flag(name, kind, value, usage);
    flag.from_env = false;
    flag
}

use Kind::{Bool, Checked, Deprecated, Text, TextArray, Texts};

/// All flags, sorted by name as the usage shows them.
pub const FLAGS: &[Flag] = &[
    log(
        "add_dir_header",
        Bool,
        "",
        "If true, adds the file directory to the header of the log messages",
    ),
    flag(
        "allow-empty-data",
        Bool,
        "",
        "Seal a Secret that has no data",
    ),
    log(
        "alsologtostderr",
        Bool,
        "",
        "Accepted and ignored, nothing is logged",
    ),
    defaults_to(
        log(
            "alsologtostderrthreshold",
            Checked(severity),
            "severity",
            "Accepted and ignored, nothing is logged",
        ),
        "0",
    ),
    flag("as", Text, "string", "User to impersonate"),
    flag(
        "as-group",
        TextArray,
        "stringArray",
        "Group to impersonate, repeatable",
    ),
    flag("as-uid", Text, "string", "UID to impersonate"),
    flag(
        "cert",
        Text,
        "string",
        "Certificate to seal for: a file or a URL. Overrides --controller-*",
    ),
    flag(
        "certificate-authority",
        Text,
        "string",
        "File with the certificate authority of the API server",
    ),
    flag(
        "client-certificate",
        Text,
        "string",
        "File with a client certificate for TLS",
    ),
    flag(
        "client-key",
        Text,
        "string",
        "File with a client key for TLS",
    ),
    flag(
        "cluster",
        Text,
        "string",
        "Cluster of the kubeconfig to use",
    ),
    flag(
        "context",
        Text,
        "string",
        "Context of the kubeconfig to use",
    ),
    defaults_to(
        flag(
            "controller-name",
            Text,
            "string",
            "Service of the sealed-secrets controller",
        ),
        "\"sealed-secrets-controller\"",
    ),
    defaults_to(
        flag(
            "controller-namespace",
            Text,
            "string",
            "Namespace of the sealed-secrets controller",
        ),
        "\"kube-system\"",
    ),
    flag(
        "disable-compression",
        Bool,
        "",
        "Accepted, responses are never compressed",
    ),
    flag(
        "fetch-cert",
        Bool,
        "",
        "Write the certificate to the output, for later use with --cert",
    ),
    defaults_to(
        short(
            flag("format", Text, "string", "Output format: json or yaml"),
            'o',
        ),
        "\"json\"",
    ),
    flag(
        "from-file",
        Texts,
        "strings",
        "(only with --raw) File with the value to seal, or key=file; /dev/stdin reads a pipe",
    ),
    flag("help", Bool, "", "Print this help message"),
    flag(
        "insecure-skip-tls-verify",
        Bool,
        "",
        "Do not check the certificate of the API server. This makes your connections insecure",
    ),
    flag("kubeconfig", Text, "string", "Path of a kubeconfig"),
    defaults_to(
        log(
            "legacy_stderr_threshold_behavior",
            Bool,
            "",
            "Accepted and ignored, nothing is logged",
        ),
        "true",
    ),
    log(
        "log_backtrace_at",
        Text,
        "traceLocation",
        "Accepted and ignored, nothing is logged",
    ),
    log(
        "log_dir",
        Text,
        "string",
        "Accepted and ignored, nothing is logged",
    ),
    log(
        "log_file",
        Text,
        "string",
        "Accepted and ignored, nothing is logged",
    ),
    defaults_to(
        log(
            "log_file_max_size",
            Checked(unsigned),
            "uint",
            "Accepted and ignored, nothing is logged",
        ),
        "1800",
    ),
    defaults_to(
        log(
            "logtostderr",
            Bool,
            "",
            "Accepted and ignored, nothing is logged",
        ),
        "true",
    ),
    flag(
        "merge-into",
        Text,
        "string",
        "Add the items of the Secret to this sealed file, in place",
    ),
    flag(
        "name",
        Text,
        "string",
        "Name of the sealed secret (needed with --raw and strict scope)",
    ),
    short(
        flag(
            "namespace",
            Text,
            "string",
            "Namespace of the secret, unless it says its own",
        ),
        'n',
    ),
    log(
        "one_output",
        Bool,
        "",
        "Accepted and ignored, nothing is logged",
    ),
    flag(
        "password",
        Text,
        "string",
        "Password for basic authentication to the API server",
    ),
    flag(
        "proxy-url",
        Text,
        "string",
        "Proxy on the way to the API server",
    ),
    flag(
        "raw",
        Bool,
        "",
        "Seal one value from the input or --from-file instead of a whole Secret",
    ),
    flag(
        "re-encrypt",
        Bool,
        "",
        "Let the controller seal the given sealed secret again, for its newest key",
    ),
    flag(
        "recovery-private-key",
        Texts,
        "strings",
        "(only with --recovery-unseal) File with private keys: PEM, a Secret of the controller, or a List of those",
    ),
    flag(
        "recovery-unseal",
        Bool,
        "",
        "Open the given sealed secret with --recovery-private-key, for recovery from a disaster",
    ),
    defaults_to(
        flag(
            "request-timeout",
            Text,
            "string",
            "How long to wait for the API server, such as 1s, 2m, 3h; 0 waits as long as it takes",
        ),
        "\"0\"",
    ),
    flag(
        "rotate",
        Deprecated("please use --re-encrypt instead"),
        "",
        "",
    ),
    defaults_to(
        flag(
            "scope",
            Checked(scope),
            "string",
            "Where the secret may be opened: strict, namespace-wide, cluster-wide. Without it the annotations of the Secret decide",
        ),
        "\"strict\"",
    ),
    short(
        flag("sealed-secret-file", Text, "string", "Output file"),
        'w',
    ),
    short(flag("secret-file", Text, "string", "Input file"), 'f'),
    flag("server", Text, "string", "Address of the API server"),
    log(
        "skip_headers",
        Bool,
        "",
        "Accepted and ignored, nothing is logged",
    ),
    log(
        "skip_log_headers",
        Bool,
        "",
        "Accepted and ignored, nothing is logged",
    ),
    defaults_to(
        log(
            "stderrthreshold",
            Checked(severity),
            "severity",
            "Accepted and ignored, nothing is logged",
        ),
        "2",
    ),
    flag(
        "tls-server-name",
        Text,
        "string",
        "Name to look for in the certificate of the API server",
    ),
    flag("token", Text, "string", "Bearer token for the API server"),
    flag("user", Text, "string", "User of the kubeconfig to use"),
    flag(
        "username",
        Text,
        "string",
        "User name for basic authentication to the API server",
    ),
    short(
        log(
            "v",
            Checked(level),
            "Level",
            "Accepted and ignored, nothing is logged",
        ),
        'v',
    ),
    flag(
        "validate",
        Bool,
        "",
        "Ask the controller whether the given sealed secret opens",
    ),
    flag("version", Bool, "", "Print the version and exit"),
    log(
        "vmodule",
        Text,
        "moduleSpec",
        "Accepted and ignored, nothing is logged",
    ),
];

fn scope(word: &str) -> Result<(), String> {
    word.parse::<Scope>()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn level(word: &str) -> Result<(), String> {
    word.parse::<i32>()
        .map(drop)
        .map_err(|_| format!("strconv.ParseInt: parsing {word:?}: invalid syntax"))
}

fn severity(word: &str) -> Result<(), String> {
    match word.to_uppercase().as_str() {
        "INFO" | "WARNING" | "ERROR" | "FATAL" => Ok(()),
        _ => level(word),
    }
}

fn unsigned(word: &str) -> Result<(), String> {
    word.parse::<u64>()
        .map(drop)
        .map_err(|_| "parse error".to_owned())
}
