//! The ways of telling the same story.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use ratatui::{Terminal, backend::TestBackend};
use serde_json::{Value, json};

use super::{
    chapter::CHAPTERS,
    difference::Differences,
    draw::draw,
    past::Past,
    picture::Picture,
    seen::{Seen, Traffic},
    teller::Teller,
    told::{Event, Judged, Told},
};
use crate::{
    cli::{Env, Shell, rollout::Scene},
    object::Object,
};

fn judged(held: bool) -> Judged {
    Judged {
        chapter: 3,
        text: "the canary is rejected".to_owned(),
        held,
        seen: if held {
            String::new()
        } else {
            "weight 20".to_owned()
        },
    }
}

/// One event of each kind.
fn events() -> Vec<Told> {
    let text = str::to_owned;
    let all = [
        Event::Opened {
            server: text("https://127.0.0.1:6443"),
            kubeconfig: text("/k"),
            repository: text("/r.git"),
            speed: 18,
        },
        Event::Chapter {
            number: 3,
            title: text("A wrong password"),
        },
        Event::Step {
            text: text("Somebody pushes."),
        },
        Event::Commit {
            id: text("0123456789abcdef"),
            author: text("somebody"),
            message: text("Change it"),
            files: vec![text("base/sealed-secret.yaml")],
        },
        Event::Changed {
            what: text("HTTPRoute"),
            from: text("20 %"),
            to: text("50 %"),
        },
        Event::Happened {
            object: text("Rollout backstage"),
            reason: text("RolloutAborted"),
            message: text("Rollout aborted update"),
            warning: true,
        },
        Event::Expectation(judged(true)),
        Event::Expectation(judged(false)),
        Event::Summary {
            expectations: vec![judged(true), judged(false)],
            too_slow: Some(text("this machine does not keep up")),
        },
    ];
    let at = |(index, event)| Told {
        at: f64::from(index),
        event,
    };
    (0_u8..).zip(all).map(at).collect()
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn told(by: impl Fn(&mut Shell) -> Teller<'_>) -> String {
    let kept = Kept::default();
    let none = Env::default();
    let mut shell = Shell::new(std::io::empty(), kept.clone(), std::io::sink(), none);
    for event in events() {
        by(&mut shell).tell(&event).unwrap();
    }
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Every text of a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|one| texts(one, found)),
        Value::Object(map) => {
            let others = map.iter().filter(|(key, _)| *key != "event");
            others.for_each(|(_, one)| texts(one, found));
        }
        _ => {}
    }
}

#[test]
fn lines_and_json_carry_the_same_events() {
    let lines = told(|shell| Teller::Lines(shell));
    let json = told(|shell| Teller::Json(shell));
    let parsed: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(parsed.len(), events().len());
    assert_eq!(parsed[3]["event"], "commit");
    assert_eq!(
        parsed[7],
        json!({"at": 7.0, "event": "expectation", "chapter": 3,
        "text": "the canary is rejected", "held": false, "seen": "weight 20"})
    );
    for event in &parsed {
        let mut found = Vec::new();
        texts(event, &mut found);
        for text in found {
            let shown = if text.len() == 16 { &text[..7] } else { &text };
            assert!(lines.contains(shown), "{shown}\n{lines}");
        }
    }
    assert!(
        lines.ends_with("1 of 2 expectations held; this machine does not keep up\n"),
        "{lines}"
    );
    assert!(
        lines.contains("3. ✗ the canary is rejected; seen: weight 20\n"),
        "{lines}"
    );
}

#[test]
fn chapters_refer_to_their_own_cues_and_say_each_thing_once() {
    let mut said = std::collections::BTreeSet::new();
    for (number, chapter) in CHAPTERS.iter().enumerate() {
        for expectation in chapter.expectations {
            assert!(expectation.cue < chapter.cues.len(), "{}", expectation.text);
            assert!(
                said.insert((number, expectation.text)),
                "{}",
                expectation.text
            );
        }
    }
}

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

/// A moment of the third chapter.
fn moment() -> Seen {
    let owner = |uid: &str| json!([{"uid": uid}]);
    let set = |hash: &str, revision: i64, replicas: i64| {
        object(json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": format!("backstage-{hash}"), "uid": hash, "ownerReferences": owner("rollout"),
                "creationTimestamp": "2026-03-08T11:59:00Z",
                "labels": {"rollouts-pod-template-hash": hash},
                "annotations": {"rollout.argoproj.io/revision": revision.to_string()}},
            "spec": {"replicas": replicas, "template": {}},
            "status": {"replicas": replicas, "availableReplicas": replicas},
        }))
    };
    let pod = |name: &str, set: &str, version: u64| {
        object(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "ownerReferences": owner(set), "creationTimestamp": "2026-03-08T11:59:00Z"},
            "spec": {"containers": [{"name": "web", "envFrom":
                [{"secretRef": {"name": format!("backstage-secrets-v{version}")}}]}]},
            "status": {"phase": "Running", "containerStatuses": [{"ready": true, "state": {"running": {}}}]},
        }))
    };
    let version = |number: u64| {
        object(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": format!("backstage-secrets-v{number}"), "labels": {
                "waxwing.dev/secret": "backstage-secrets", "waxwing.dev/version": number.to_string(),
                "waxwing.dev/promoted": if number == 1 { "true" } else { "" }}},
        }))
    };
    let scene = Scene {
        rollout: object(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": "backstage", "uid": "rollout", "creationTimestamp": "2026-03-08T11:50:00Z"},
            "spec": {"replicas": 4, "strategy": {"canary": {"trafficRouting": {}, "steps": [{"setWeight": 20}]}}},
            "status": {"phase": "Paused", "message": "CanaryPauseStep", "currentStepIndex": 0,
                "currentPodHash": "bbb", "stableRS": "aaa", "readyReplicas": 2},
        })),
        workload: None,
        replica_sets: vec![set("aaa", 2, 1), set("bbb", 3, 1)],
        pods: vec![
            pod("backstage-aaa-1", "aaa", 1),
            pod("backstage-bbb-1", "bbb", 2),
        ],
        runs: Vec::new(),
        experiments: Vec::new(),
    };
    let seen = Seen {
        now: "2026-03-08T12:00:00Z".parse().unwrap(),
        application: Some(object(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "backstage"},
            "status": {"sync": {"status": "Synced", "revision": "0123456789"}, "health": {"status": "Progressing"}},
        }))),
        scene: Some(scene),
        sealed: Some(object(json!({
            "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": "backstage-secrets"},
            "status": {"conditions": [{"type": "Synced", "status": "True"},
                {"type": "Promoted", "status": "False", "reason": "Progressing", "message": "version 2"}]},
        }))),
        secrets: vec![version(1), version(2)],
        route: Some(object(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "backstage"},
            "spec": {"rules": [{"backendRefs": [
                {"name": "backstage", "weight": 80}, {"name": "backstage-canary", "weight": 20}]}]},
        }))),
        traffic: Traffic {
            stable: 80.0,
            canary: 20.0,
            canary_errors: Some(1.0),
        },
        ..Seen::default()
    };
    seen.with_view()
}

#[test]
fn a_moment_is_read_as_it_is() {
    let seen = moment();
    assert_eq!((seen.weight(), seen.revision()), (20, 3));
    assert_eq!(seen.readers(2), ["backstage-bbb-1"]);
    assert_eq!(seen.ready_pods(2), 1);
    let versions: Vec<_> = seen
        .versions()
        .iter()
        .map(|one| (one.number, one.is_promoted, one.readers))
        .collect();
    assert_eq!(versions, [(1, true, 1), (2, false, 1)]);
}

#[test]
fn what_differs_is_told_once() {
    let mut differences = Differences::default();
    let seen = moment();
    let told = differences.between(&Seen::default(), &seen);
    let words: Vec<String> = told.iter().map(|event| event.words().1).collect();
    assert_eq!(
        words,
        [
            "Application backstage: Synced (0123456), Progressing",
            "SealedSecret backstage-secrets: Promoted=False Progressing",
            "Rollout backstage: Paused CanaryPauseStep",
            "Rollout backstage step: 0/1",
            "HTTPRoute backstage: 20 % to the canary",
            "Secret backstage-secrets-v1: promoted",
            "Secret backstage-secrets-v2: there",
        ]
    );
    assert_eq!(differences.between(&seen, &seen), []);
}

#[test]
fn the_picture_is_drawn() {
    let mut picture = Picture::default();
    picture.expect(["the canary is rejected", "the Application is Degraded"].into_iter());
    for event in events().iter().take(7) {
        picture.tell(event);
    }
    let seen = moment();
    let mut past = Past::default();
    past.see(&seen);
    picture.see(&seen, &past, 412.0);
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
    terminal.draw(|frame| draw(frame, &picture)).unwrap();
    let shown = terminal.backend().to_string();
    let shown: Vec<&str> = shown
        .lines()
        .map(|line| line.trim_matches('"').trim_end())
        .collect();
    let expected = include_str!("../../../tests/cases/demo/picture.txt");
    assert_eq!(
        shown.join("\n").trim_end(),
        expected.trim_end(),
        "\n{}",
        shown.join("\n")
    );
}

#[test]
fn a_small_terminal_cuts_and_does_not_break() {
    for (width, height) in [(1, 1), (20, 5), (200, 3)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| draw(frame, &Picture::default()))
            .unwrap();
    }
}
