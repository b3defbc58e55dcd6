//! What a Rollout looks like, from objects to text.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    live::Scene,
    render::{Columns, Paint, header, list_header, list_row, table},
    tree::tree,
    view::view,
};
use crate::object::Object;

const PLAIN: Paint = Paint { is_on: false };

fn now() -> Timestamp {
    "2026-03-08T12:00:00Z".parse().unwrap()
}

/// An instant as manifests write it, so many seconds ago.
fn ago(seconds: i64) -> String {
    let at = now() - jiff::SignedDuration::from_secs(seconds);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn meta(name: &str, age: i64, owner: &str) -> Value {
    json!({
        "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "generation": 1,
        "creationTimestamp": ago(age), "ownerReferences": [{"uid": format!("uid-{owner}")}],
    })
}

fn rollout(strategy: Value, status: Value) -> Object {
    object(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": meta("demo", 300, "nobody"),
        "spec": {"replicas": 2, "strategy": strategy, "template": {"spec": {"containers": [
            {"name": "web", "image": "web:2", "envFrom": [{"secretRef": {"name": "db"}}]},
        ]}}},
        "status": status,
    }))
}

fn set(hash: &str, revision: i64, age: i64, replicas: i64, image: &str) -> Object {
    let name = format!("demo-{hash}");
    let mut set = object(json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta(&name, age, "demo"),
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [
            {"name": "web", "image": image, "envFrom": [{"secretRef": {"name": "db"}}]},
        ]}}},
        "status": {"replicas": replicas, "availableReplicas": replicas, "observedGeneration": 1},
    }));
    set.set(
        &["metadata", "labels"],
        json!({"rollouts-pod-template-hash": hash}),
    );
    let revision = json!({"rollout.argoproj.io/revision": revision.to_string()});
    set.set(&["metadata", "annotations"], revision);
    set
}

fn pod(set: &str, name: &str, age: i64, status: Value) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": meta(&format!("demo-{set}-{name}"), age, &format!("demo-{set}")),
        "spec": {"containers": [{"name": "web"}]},
        "status": status,
    }))
}

fn running(restarts: i64) -> Value {
    json!({"phase": "Running", "containerStatuses": [
        {"name": "web", "ready": true, "restartCount": restarts, "state": {"running": {}}},
    ]})
}

fn waiting(reason: &str) -> Value {
    json!({"phase": "Pending", "containerStatuses": [
        {"name": "web", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason}}},
    ]})
}

fn run(name: &str, revision: i64, age: i64, status: Value) -> Object {
    let mut run = object(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": meta(name, age, "demo"), "status": status,
    }));
    let revision = json!({"rollout.argoproj.io/revision": revision.to_string()});
    run.set(&["metadata", "annotations"], revision);
    run
}

fn canary_scene() -> Scene {
    let strategy = json!({"canary": {
        "trafficRouting": {"plugins": {}},
        "steps": [{"setWeight": 20}, {"pause": {}}, {"setWeight": 50}],
    }});
    let status = json!({
        "phase": "Paused", "message": "CanaryPauseStep", "observedGeneration": "1",
        "currentStepIndex": 1, "currentPodHash": "65fb5ffc84", "stableRS": "877894d5b",
        "replicas": 3, "updatedReplicas": 1, "readyReplicas": 3, "availableReplicas": 3,
        "canary": {"weights": {"canary": {"weight": 20}, "stable": {"weight": 80}}},
    });
    let results = json!([
        {"name": "error-rate", "successful": 3, "measurements": [{"value": "[0.01]"}]},
        {"name": "p95", "failed": 1, "error": 2, "measurements": [{"value": "[]"}, {"value": "[NaN]"}]},
    ]);
    Scene {
        rollout: rollout(strategy, status),
        workload: None,
        replica_sets: vec![
            set("877894d5b", 1, 300, 2, "web:1"),
            set("65fb5ffc84", 2, 40, 1, "web:2"),
        ],
        pods: vec![
            pod("65fb5ffc84", "9wf5r", 40, running(2)),
            pod("877894d5b", "kh7x4", 299, running(0)),
            pod("877894d5b", "6jfpt", 300, running(0)),
        ],
        runs: vec![run(
            "demo-65fb5ffc84-2",
            2,
            10,
            json!({"phase": "Running", "metricResults": results}),
        )],
        experiments: Vec::new(),
    }
}

/// Without the blanks at the ends of lines, which pad the last but one column.
fn shown(scene: &Scene) -> String {
    let view = view(scene);
    let text = format!("{}\n\n{}", header(&view, PLAIN), tree(&view, PLAIN, now()));
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_canary_is_shown_with_its_weights_pods_and_analysis() {
    let mut scene = canary_scene();
    let results = scene.runs[0]
        .at(&["status", "metricResults"])
        .cloned()
        .unwrap();
    scene.runs[0].set(&["status", "metricResults"], json!([results[0].clone()]));
    assert_eq!(
        shown(&scene),
        "\
Name:            demo
Namespace:       shop
Status:          ॥ Paused
Message:         CanaryPauseStep
Strategy:        Canary
  Step:          1/3
  SetWeight:     20
  ActualWeight:  20
Images:          web:1 (stable)
                 web:2 (canary)
Replicas:
  Desired:       2
  Current:       3
  Updated:       1
  Ready:         3
  Available:     3

NAME                              KIND         STATUS     AGE    INFO
⟳ demo                            Rollout      ॥ Paused   5m
├──# revision:2
│  ├──⧉ demo-65fb5ffc84           ReplicaSet   ✔ Healthy  40s    canary
│  │  └──□ demo-65fb5ffc84-9wf5r  Pod          ✔ Running  40s    ready:1/1,restarts:2
│  └──α demo-65fb5ffc84-2         AnalysisRun  ◌ Running  10s    ✔ 3
└──# revision:1
   └──⧉ demo-877894d5b            ReplicaSet   ✔ Healthy  5m     stable
      ├──□ demo-877894d5b-6jfpt   Pod          ✔ Running  5m     ready:1/1
      └──□ demo-877894d5b-kh7x4   Pod          ✔ Running  4m59s  ready:1/1"
    );
}

#[test]
fn versions_of_secrets_and_metrics_without_data_are_named() {
    let mut scene = canary_scene();
    for (set, version) in scene.replica_sets.iter_mut().zip(["db-v1", "db-v2"]) {
        let mut containers = set
            .at(&["spec", "template", "spec", "containers"])
            .cloned()
            .unwrap();
        containers[0]["envFrom"][0]["secretRef"]["name"] = version.into();
        set.set(&["spec", "template", "spec", "containers"], containers);
    }
    let text = shown(&scene);
    for line in ["canary,db:v2", "stable,db:v1", "✔ 3,✖ 1,⚠ 2,no-data:p95"] {
        assert!(
            text.lines().any(|shown| shown.ends_with(line)),
            "{line}\n{text}"
        );
    }
    let json = serde_json::to_value(view(&scene)).unwrap();
    assert_eq!(
        json["replicaSets"][0]["secretVersions"],
        json!([{"secret": "db", "version": 2}])
    );
    assert_eq!(json["analysisRuns"][0]["withoutData"], json!(["p95"]));
    assert_eq!(json["objectMeta"]["name"], "demo");
}

#[test]
fn a_blue_green_rollout_says_who_is_active_and_when_the_old_pods_go() {
    let status = json!({
        "phase": "Paused", "message": "BlueGreenPause", "currentPodHash": "c", "stableRS": "b",
        "blueGreen": {"activeSelector": "b", "previewSelector": "c"},
    });
    let mut scene = Scene {
        rollout: rollout(json!({"blueGreen": {}}), status),
        workload: None,
        replica_sets: vec![
            set("a", 1, 900, 0, "web:0"),
            set("b", 2, 600, 2, "web:1"),
            set("c", 3, 60, 2, "web:2"),
        ],
        pods: Vec::new(),
        runs: Vec::new(),
        experiments: Vec::new(),
    };
    let text = shown(&scene);
    let wanted = [
        "Strategy:        BlueGreen",
        "Images:          web:1 (stable, active)",
        "                 web:2 (preview)",
        "│  └──⧉ demo-c   ReplicaSet  ✔ Healthy     60s  preview",
        "│  └──⧉ demo-b   ReplicaSet  ✔ Healthy     10m  stable,active",
        "   └──⧉ demo-a   ReplicaSet  • ScaledDown  15m",
    ];
    for line in wanted {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(!text.contains("Step:"), "{text}");
    let mut delayed = |deadline: &str| {
        let set = &mut scene.replica_sets[1];
        let path = ["metadata", "annotations", "scale-down-deadline"];
        set.set(&path, deadline.into());
        shown(&scene)
    };
    assert!(delayed(&ago(-4 * 3600 + 1)).contains("stable,active,delay:3h59m"));
    assert!(delayed(&ago(-25)).contains("stable,active,delay:25s"));
    assert!(delayed(&ago(3600)).contains("stable,active,delay:passed"));
}

#[test]
fn trouble_has_its_icon() {
    let cases = [
        (waiting("ImagePullBackOff"), "⚠ ImagePullBackOff"),
        (waiting("CrashLoopBackOff"), "✖ CrashLoopBackOff"),
        (
            waiting("CreateContainerConfigError"),
            "⚠ CreateContainerConfigError",
        ),
        (waiting("ContainerCreating"), "◌ ContainerCreating"),
        (json!({"phase": "Pending"}), "◌ Pending"),
        (
            json!({"phase": "Pending", "initContainerStatuses": [{"state": {"waiting": {}}}]}),
            "◌ Init:0/0",
        ),
        (
            json!({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}),
            "✖ ExitCode:3",
        ),
        (
            json!({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"signal": 9}}}]}),
            "✖ Signal:9",
        ),
    ];
    for (status, said) in cases {
        let mut scene = canary_scene();
        scene.pods = vec![pod("65fb5ffc84", "9wf5r", 40, status)];
        let text = shown(&scene);
        assert!(text.contains(&format!("{said} ")), "{said}\n{text}");
        assert!(text.contains("ready:0/1"), "{text}");
    }
    let mut scene = canary_scene();
    scene.pods[0].set(&["metadata", "deletionTimestamp"], ago(0).into());
    assert!(shown(&scene).contains("◌ Terminating"));
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let view = view(&canary_scene());
    let coloured = tree(&view, Paint { is_on: true }, now());
    assert!(coloured.contains("\u{1b}[33mcanary\u{1b}[0m"), "{coloured}");
    assert!(
        coloured.contains("\u{1b}[32mdemo-877894d5b\u{1b}[0m"),
        "{coloured}"
    );
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, tree(&view, PLAIN, now()));
}

#[test]
fn a_list_is_padded_so_that_later_lines_fit() {
    let scene = canary_scene();
    let all = Columns {
        namespace: true,
        timestamp: true,
    };
    let rows = [
        list_header(Columns::default()),
        list_row(&scene.rollout, Columns::default(), ""),
    ];
    assert_eq!(
        table(&rows),
        "NAME        STRATEGY   STATUS        STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE\n\
         demo        Canary     Paused        1/3   20          3/3    2        1           3        "
    );
    let rows = [
        list_header(all),
        list_row(&scene.rollout, all, "2026-03-08T12:00:00Z"),
    ];
    let text = table(&rows);
    assert!(
        text.starts_with("TIMESTAMP             NAMESPACE  NAME        STRATEGY"),
        "{text}"
    );
    assert!(
        text.contains("\n2026-03-08T12:00:00Z  shop       demo        Canary"),
        "{text}"
    );
}
