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
