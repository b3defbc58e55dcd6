//! The rights that `waxwing install` gives, beside what the audit log of a real control plane shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
};

use serde_json::Value;
use waxwing::{cli::install::rights, controller::Part};

/// The variable that names the audit logs of a control plane and of the embedded server, on which all stories have run,
/// with a colon between them.
const VARIABLE: &str = "WAXWING_AUDIT_LOG";

/// The accounts of our controllers there: in the stories, and as it is installed.
const ACCOUNTS: [&str; 2] = [
    "waxwing-controller",
    "system:serviceaccount:kube-system:waxwing-controller",
];

type Verbs = BTreeMap<(String, String), BTreeSet<String>>;

fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// What the controllers asked for, and what was forbidden to them.
fn asked(log: &str) -> (Verbs, BTreeSet<String>) {
    let (mut asked, mut forbidden) = (Verbs::new(), BTreeSet::new());
    for line in log.lines() {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let user = text(&event, "/user/username");
        let mut resource = text(&event, "/objectRef/resource");
        if !ACCOUNTS.contains(&user.as_str()) || resource.is_empty() {
            continue;
        }
        let sub = text(&event, "/objectRef/subresource");
        if !sub.is_empty() {
            resource = format!("{resource}/{sub}");
        }
        let (group, verb) = (text(&event, "/objectRef/apiGroup"), text(&event, "/verb"));
        if event.pointer("/responseStatus/code") == Some(&403.into()) {
            forbidden.insert(format!("{verb} {resource} of {group:?}"));
        }
        asked.entry((group, resource)).or_default().insert(verb);
    }
    (asked, forbidden)
}

fn given() -> Verbs {
    let mut given = Verbs::new();
    for right in rights() {
        // The rights of the applier are whatever is in Git, and no rows of the table.
        if right.parts != [Part::Applications] {
            let key = (right.group.to_owned(), right.resource.to_owned());
            let verbs = right.verbs.iter().map(|verb| (*verb).to_owned());
            given.entry(key).or_default().extend(verbs);
        }
    }
    given
}

/// What one has and the other has not, line by line.
fn beyond(one: &Verbs, other: &Verbs) -> Vec<String> {
    let mut found = Vec::new();
    for ((group, resource), verbs) in one {
        let known = other.get(&(group.clone(), resource.clone()));
        for verb in verbs {
            if known.is_none_or(|known| !known.contains(verb)) {
                found.push(format!("{verb} {resource} of {group:?}"));
            }
        }
    }
    found
}

#[test]
fn they_are_what_the_audit_log_of_all_stories_shows() {
    let Ok(path) = env::var(VARIABLE) else {
        return;
    };
    let logs: Vec<String> = path
        .split(':')
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let (asked, forbidden) = asked(&logs.concat());
    assert!(asked.len() > 10, "the controllers have done something");
    assert_eq!(forbidden, BTreeSet::new(), "forbidden");
    let given = given();
    let (missing, unused) = (beyond(&asked, &given), beyond(&given, &asked));
    assert!(
        missing.is_empty() && unused.is_empty(),
        "missing: {missing:#?}\nunused: {unused:#?}"
    );
}

#[test]
fn the_reading_of_the_audit_log_tells_accounts_verbs_and_refusals_apart() {
    let log = r#"{"verb":"create","user":{"username":"waxwing-controller"},"objectRef":{"resource":"pods","subresource":"eviction","apiVersion":"v1"},"responseStatus":{"code":201}}
{"verb":"list","user":{"username":"admin"},"objectRef":{"resource":"nodes"},"responseStatus":{"code":200}}
{"verb":"get","user":{"username":"waxwing-controller"},"requestURI":"/apis","responseStatus":{"code":200}}
{"verb":"update","user":{"username":"waxwing-controller"},"objectRef":{"resource":"rollouts","apiGroup":"argoproj.io"},"responseStatus":{"code":403}}"#;
    let (asked, forbidden) = asked(log);
    let names: Vec<String> = beyond(&asked, &Verbs::new());
    assert_eq!(
        names,
        [
            "create pods/eviction of \"\"",
            "update rollouts of \"argoproj.io\""
        ]
    );
    assert_eq!(forbidden.len(), 1);
}
