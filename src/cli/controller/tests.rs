//! What is typed and what is meant.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn resolve(words: &[&str]) -> Result<Settings, Failure> {
    let line = Line::try_parse_from(["controller"].iter().chain(words));
    line.expect("the line parses").args.resolve(&Env::default())
}

#[test]
fn without_flags_all_is_as_the_original_has_it() {
    let mut settings = resolve(&[]).unwrap();
    settings.place("kube-system");
    assert_eq!(settings.controller, ControllerSettings::default());
    assert_eq!(settings.listen, (String::new(), 8080));
    assert_eq!(settings.listen_metrics, (String::new(), 8081));
}

#[test]
fn flags_of_the_original_are_followed() {
    let mut settings = resolve(&[
        "--update-status=false",
        "--accept-deprecated-v1-data=false",
        "--skip-recreate",
        "--additional-namespaces=b,a,own",
        "--rotate-period=0",
        "--key-order-priority=SecretCreationTimestamp",
        "--key-cutoff-time=Mon, 02 Jan 2006 15:04:05 -0700",
        "--privatekey-labels=a=b",
        "--kubeclient-qps=-1",
        "--watch-for-secrets",
        "--key-namespace=keys",
        "--key-grace-period=24h",
        "--wait-for-first-key",
    ])
    .unwrap();
    settings.place("own");
    let controller = &settings.controller;
    let decide = controller.sealed.decide;
    assert!(!decide.update_status && !decide.watches_secrets);
    assert_eq!(decide.deprecated, DeprecatedData::Refuse);
    assert_eq!(controller.serve.deprecated, DeprecatedData::Refuse);
    let names = ["a", "b", "own"].map(str::to_owned);
    assert_eq!(controller.namespaces.as_deref(), Some(&names[..]));
    assert_eq!(controller.keys.renew_period, None);
    assert_eq!(controller.keys.order, KeyOrder::SecretCreationTimestamp);
    assert!(controller.keys.cutoff.is_some());
    assert_eq!(controller.keys.namespace, "keys");
    assert_eq!(controller.keys.labels.len(), 1);
    assert_eq!(controller.keys.grace, SignedDuration::from_hours(24));
    assert!(controller.keys.waits_for_first);
    assert_eq!(settings.unknown_order, None);
}

#[test]
fn an_unknown_order_is_told_and_means_the_default() {
    let settings = resolve(&["--key-order-priority=Newest"]).unwrap();
    assert_eq!(settings.controller.keys.order, KeyOrder::CertNotBefore);
    assert_eq!(settings.unknown_order.as_deref(), Some("Newest"));
}

#[test]
fn only_the_own_namespace() {
    let mut settings = resolve(&["--all-namespaces=false"]).unwrap();
    settings.place("own");
    let names = ["own".to_owned()];
    assert_eq!(settings.controller.namespaces.as_deref(), Some(&names[..]));
}

#[test]
fn what_cannot_be_followed_is_named() {
    for (flag, value) in [
        ("key-prefix", "Upper"),
        ("key-size", "1024"),
        ("key-cutoff-time", "yesterday"),
        ("privatekey-labels", "nothing"),
    ] {
        let failure = resolve(&[&format!("--{flag}={value}")]).unwrap_err();
        assert_eq!(failure.message, format!("--{flag} cannot be followed"));
    }
}

#[test]
fn all_controllers_run_or_those_that_are_named() {
    let settings = resolve(&[]).unwrap();
    assert_eq!(settings.parts.len(), Part::ALL.len());
    assert_eq!(
        settings.git.applications.namespace.as_deref(),
        Some("argocd")
    );
    let flags = [
        "--controllers=rollouts,applications",
        "--git-url=https://h/=/srv/",
        "--git-poll=30s",
        "--app-namespace=gitops",
    ];
    let settings = resolve(&flags).unwrap();
    let parts: Vec<Part> = settings.parts.into_iter().collect();
    assert_eq!(parts, [Part::Rollouts, Part::Applications]);
    let git = settings.git;
    assert_eq!(git.mappings.len(), 1);
    assert_eq!(git.applications.poll, SignedDuration::from_secs(30));
    assert_eq!(git.applications.control_namespace, "gitops");
}

/// Every flag of the original with its default; `None` where ours takes the flag and does nothing.
const FLAGS: &[(&str, Option<&str>)] = &[
    ("accept-deprecated-v1-data", Some("true")),
    ("additional-namespaces", Some("")),
    ("all-namespaces", Some("true")),
    ("key-cutoff-time", Some("")),
    ("key-order-priority", Some("CertNotBefore")),
    ("key-prefix", Some("sealed-secrets-key")),
    ("key-renew-period", Some("720h")),
    ("key-size", Some("4096")),
    ("key-ttl", Some("87600h")),
    ("kubeclient-burst", None),
    ("kubeclient-qps", None),
    ("label-selector", Some("")),
    ("listen-addr", Some(":8080")),
    ("listen-metrics-addr", Some(":8081")),
    ("log-format", Some("text")),
    ("log-info-stdout", Some("true")),
    ("log-level", Some("INFO")),
    ("max-unseal-retries", None),
    ("metrics-omit-secret-labels", Some("false")),
    ("my-cn", Some("")),
    ("old-gc-behavior", Some("false")),
    ("privatekey-annotations", Some("")),
    ("privatekey-labels", Some("")),
    ("rate-limit", Some("2")),
    ("rate-limit-burst", Some("2")),
    ("read-timeout", Some("2m")),
    ("skip-recreate", Some("false")),
    ("update-status", Some("true")),
    ("watch-for-secrets", None),
    ("write-timeout", None),
];

#[test]
fn every_flag_of_the_original_is_there_with_its_variable_and_default() {
    use clap::CommandFactory;
    let command = Line::command();
    for (name, default) in FLAGS {
        let known = |arg: &&clap::Arg| arg.get_long() == Some(name);
        let arg = command.get_arguments().find(known);
        let arg = arg.unwrap_or_else(|| panic!("--{name} is not there"));
        let variable = format!("SEALED_SECRETS_{}", name.to_uppercase().replace('-', "_"));
        let env = arg.get_env().and_then(std::ffi::OsStr::to_str);
        assert_eq!(env, Some(variable.as_str()));
        let defaults: Vec<_> = arg.get_default_values().iter().collect();
        match default {
            None => assert!(defaults.is_empty(), "--{name}"),
            Some("") => assert!(defaults.iter().all(|value| value.is_empty()), "--{name}"),
            Some(default) => assert_eq!(defaults, [*default], "--{name}"),
        }
    }
    let renamed = ["--rotate-period=1h", "--version"];
    assert!(resolve(&renamed).unwrap().is_version_asked);
}
