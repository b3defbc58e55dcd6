//! `waxwing seal [FILE…]`: Secrets in, SealedSecrets out.

use std::path::{Path, PathBuf};

use super::{build, comment, input, literal::LiteralArgs};
use crate::{
    api::{sealed_secret::SEALED_WITH, secret::Secret},
    cli::{
        Exit, Failure, Shell,
        kubeseal::Format,
        seal_config::Rule,
        sealing::{CertificateArgs, Certificates},
        whole_file::{MAX_MANIFEST_BYTES, Readers, goes_to_git, put, read, within},
    },
    seal::{Scope, SealOptions, seal},
};

/// What to seal, and how.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Files with Secrets; `-`, or nothing, reads the standard input.
    files: Vec<PathBuf>,
    /// Write to a file instead of the standard output; its folder decides which rule of `.waxwing.yaml` holds.
    #[arg(short = 'w', long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// yaml or json.
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"])]
    output: String,
    /// Name of the Secret; over the one that it has.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Namespace of the Secret, unless it says its own.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Where it may be opened: strict, namespace-wide or cluster-wide. Without it the annotations of the Secret decide.
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
    /// Type of a new Secret.
    #[arg(long = "type", value_name = "TYPE")]
    secret_type: Option<String>,
    /// Label of the SealedSecret itself, repeatable. Those of the Secret go to its template only.
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Annotation of the SealedSecret itself, repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    annotation: Vec<String>,
    /// Give the SealedSecret itself the labels and annotations of the Secret as well.
    #[arg(long)]
    keep_metadata: bool,
    /// Note the fingerprint of the certificate on the SealedSecret itself, so that `waxwing lint` can tell later which
    /// it was sealed for.
    #[arg(long)]
    record_certificate: bool,
    /// Leave out the comments of the Secret. Those that look like a value are left out always.
    #[arg(long)]
    no_comments: bool,
    /// Seal a Secret without items.
    #[arg(long)]
    allow_empty_data: bool,
    /// Write one value in base64, for `encryptedData`; from --from-literal, --from-file or the standard input.
    #[arg(long, conflicts_with_all = ["files", "label", "annotation", "keep_metadata", "record_certificate"])]
    raw: bool,
    #[command(flatten)]
    literal: LiteralArgs,
    #[command(flatten)]
    certificate: CertificateArgs,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut certificates = args.certificate.certificates(shell.env());
    if args.raw {
        return raw(args, &mut certificates, shell);
    }
    let mut text = String::new();
    for source in sources(args, shell)? {
        for secret in source.secrets {
            text.push_str(&sealed(
                args,
                secret,
                &source.folder,
                &mut certificates,
                shell,
            )?);
        }
    }
    match &args.output_file {
        None => shell.output().write_all(text.as_bytes())?,
        Some(path) => put(path, text.as_bytes(), Readers::All)?,
    }
    shell.output().flush()?;
    for file in args.files.iter().filter(|file| is_left(args, file)) {
        shell.note(format_args!(
            "warning: {} holds plain values, and Git does not ignore it",
            file.display()
        ));
    }
    Ok(Exit::Yes)
}

/// Whether a plain file stays where the next commit would take it.
fn is_left(args: &Args, file: &Path) -> bool {
    file != Path::new("-") && args.output_file.as_deref() != Some(file) && goes_to_git(file)
}

fn sources(args: &Args, shell: &mut Shell) -> Result<Vec<Source>, Failure> {
    let beside = |file: &Path| {
        let path = args.output_file.as_deref().unwrap_or(file);
        path.parent().unwrap_or(Path::new("")).to_owned()
    };
    if args.literal.is_given() {
        if !args.files.is_empty() {
            return Err(Failure::new(
                "a Secret is built from --from-…, or read from files, not both",
            )
            .hint("`waxwing seal set` adds to a sealed file"));
        }
        let secret = build::secret(
            args.name.as_deref(),
            args.secret_type.as_deref(),
            args.literal.items(shell)?,
        )?;
        return Ok(vec![Source {
            secrets: vec![Given {
                secret,
                place: "the new Secret".to_owned(),
                comments: comment::Comments::default(),
            }],
            folder: beside(Path::new("")),
        }]);
    }
    if let Some(secret_type) = &args.secret_type {
        return Err(Failure::new(format!(
            "--type {secret_type} is for a new Secret, built with --from-…"
        )));
    }
    let mut files = args.files.clone();
    if files.is_empty() {
        files.push(PathBuf::from("-"));
    }
    let mut all = Vec::new();
    for file in files {
        let (bytes, name, folder) = if file == Path::new("-") {
            let bytes = within(shell.input(), MAX_MANIFEST_BYTES, "the standard input")?;
            (bytes, "standard input".to_owned(), beside(Path::new("")))
        } else {
            let bytes = read(&file, MAX_MANIFEST_BYTES)?;
            (bytes, file.display().to_string(), beside(&file))
        };
        let text = std::str::from_utf8(bytes.expose()).unwrap_or_default();
        let mut secrets = Vec::new();
        for found in input::secrets(bytes.expose(), &name)? {
            let comments = match &found.document {
                Some(document) if !args.no_comments && !document.is_json => {
                    comment::of(text, document, &found.secret)
                }
                _ => comment::Comments::default(),
            };
            if comments.left_out > 0 {
                shell.note(format_args!(
                    "note: {}: {} comments that look like values are left out",
                    found.place, comments.left_out
                ));
            }
            secrets.push(Given {
                secret: found.secret,
                place: found.place,
                comments,
            });
        }
        all.push(Source { secrets, folder });
    }
    Ok(all)
}

/// One Secret, and what people wrote around it.
struct Given {
    secret: Secret,
    place: String,
    comments: comment::Comments,
}

/// Secrets that were found together.
struct Source {
    secrets: Vec<Given>,
    folder: PathBuf,
}

/// The text of one SealedSecret.
fn sealed(
    args: &Args,
    given: Given,
    folder: &Path,
    certificates: &mut Certificates,
    shell: &mut Shell,
) -> Result<String, Failure> {
    let rule = certificates.rule(folder)?;
    let certificate = certificates.of(folder)?;
    let Given {
        mut secret,
        place,
        comments,
    } = given;
    if let Some(name) = &args.name {
        secret.metadata.set_text("name", name);
    }
    let options = SealOptions {
        scope: scope(args, &secret, rule.as_ref()),
        allow_empty: args.allow_empty_data,
    };
    if args.scope == Some(Scope::Strict) {
        Scope::Strict.annotate(&mut secret.metadata);
    }
    if options.scope_for(&secret) != Scope::ClusterWide {
        settle_namespace(args, &mut secret, rule.as_ref(), &place, shell)?;
    }
    let mut sealed = seal(&secret, &certificate, options).map_err(|error| {
        let failure = Failure::new(format!("{place} cannot be sealed")).because(error.to_string());
        match error {
            crate::seal::SealError::NoName => failure.hint("--name gives it one"),
            crate::seal::SealError::NoNamespace => failure.hint("-n gives it one"),
            _ => failure,
        }
    })?;
    if args.record_certificate {
        let fingerprint = certificate.fingerprint().to_string();
        sealed
            .metadata
            .set_entry("annotations", SEALED_WITH, &fingerprint);
    }
    build::own_metadata(
        &mut sealed.metadata,
        &secret.metadata,
        args.keep_metadata,
        &args.label,
        &args.annotation,
    )?;
    let mut text = String::new();
    let format = if args.output == "json" {
        Format::Json
    } else {
        Format::Yaml
    };
    format.write(&sealed.to_value(), &mut text);
    if format == Format::Yaml {
        text = comments.put_into(&text);
    }
    Ok(text)
}

fn scope(args: &Args, secret: &Secret, rule: Option<&Rule>) -> Scope {
    let ruled = rule.and_then(|rule| rule.scope);
    match (args.scope, Scope::of(&secret.metadata)) {
        (Some(typed), _) => typed,
        (None, Scope::Strict) => ruled.unwrap_or_default(),
        (None, own) => own,
    }
}

fn settle_namespace(
    args: &Args,
    secret: &mut Secret,
    rule: Option<&Rule>,
    place: &str,
    shell: &mut Shell,
) -> Result<(), Failure> {
    let own = secret.metadata.namespace().to_owned();
    let ruled = rule.and_then(|rule| rule.namespace.as_deref());
    let asked = args.namespace.as_deref().or(ruled);
    match (own.as_str(), asked) {
        ("", Some(asked)) => secret.metadata.set_text("namespace", asked),
        ("", None) => {
            let namespace = args.certificate.namespace(rule)?;
            shell.note(format_args!(
                "note: {place} is sealed for namespace {namespace}, that of the kubeconfig"
            ));
            secret.metadata.set_text("namespace", &namespace);
        }
        (own, Some(asked)) if own != asked && args.namespace.is_some() => {
            return Err(Failure::new(format!(
                "{place} is of namespace {own}, and -n {asked} was given"
            )));
        }
        _ => {}
    }
    Ok(())
}

/// One value, sealed.
fn raw(args: &Args, certificates: &mut Certificates, shell: &mut Shell) -> Result<Exit, Failure> {
    let folder = Path::new("");
    let rule = certificates.rule(folder)?;
    let certificate = certificates.of(folder)?;
    let items = args.literal.items(shell)?;
    let value = match items.len() {
        0 => within(shell.input(), MAX_MANIFEST_BYTES, "the standard input")?,
        1 => items.into_values().next().unwrap_or_default(),
        more => {
            return Err(Failure::new(format!(
                "--raw seals one value, {more} are given"
            )));
        }
    };
    let scope = args
        .scope
        .or_else(|| rule.as_ref().and_then(|rule| rule.scope))
        .unwrap_or_default();
    let namespace = match (&args.namespace, scope) {
        (_, Scope::ClusterWide) => String::new(),
        (Some(typed), _) => typed.clone(),
        (None, _) => match rule.and_then(|rule| rule.namespace) {
            Some(ruled) => ruled,
            None => return Err(Failure::new(format!("--raw with scope {scope} needs -n"))),
        },
    };
    let name = match (&args.name, scope) {
        (Some(name), _) => name.clone(),
        (None, Scope::Strict) => return Err(Failure::new("--raw with scope strict needs --name")),
        (None, _) => String::new(),
    };
    let sealed = crate::seal::seal_item(value.expose(), &certificate, scope, &namespace, &name)
        .map_err(|error| Failure::new("the value cannot be sealed").because(error))?;
    shell.say(sealed)?;
    Ok(Exit::Yes)
}
