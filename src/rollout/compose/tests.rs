use serde_json::json;

use super::*;

fn template(kind: &str, name: &str, spec: Value) -> Object {
    Object::from_value(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": kind,
        "metadata": {"name": name, "namespace": if kind == "AnalysisTemplate" { json!("ns") } else { json!(null) }},
        "spec": spec,
    }))
    .unwrap()
}

fn found(templates: &[Object]) -> Found {
    let named = templates.iter().map(|template| {
        let cluster_wide = template.kind() != "AnalysisTemplate";
        let namespace = if cluster_wide { None } else { Some("ns") };
        let target = ObjectRef::new(template.gvk(), namespace, template.name());
        (target, Some(template.clone()))
    });
    named.collect()
}

fn rollout() -> Object {
    Object::from_value(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "shop", "namespace": "ns", "uid": "u", "labels": {"app": "shop", "tier": "web"},
            "annotations": {"a/b": "c"}},
        "spec": {"replicas": 10, "strategy": {"canary": {
            "analysis": {"templates": [{"templateName": "a"}]},
            "steps": [{"setWeight": 5}, {"analysis": {"templates": [{"templateName": "b", "clusterScope": true}]}}],
        }}},
        "status": {"canary": {"weights": {"canary": {"weight": 20}}}, "big": 1_000_000, "list": [{"x": true}]},
    }))
    .unwrap()
}

fn hashes() -> Hashes<'static> {
    Hashes {
        stable: "aaa",
        latest: "bbb",
    }
}

fn spec(templates: &[Object], args: Value) -> Result<Value, ComposeError> {
    let args = args.as_array().unwrap().clone();
    run_spec(templates, &args, &rollout(), hashes(), &[], &[])
}

#[test]
fn nested_recipes_are_found_step_by_step_each_once() {
    let a = template(
        "AnalysisTemplate",
        "a",
        json!({"metrics": [{"name": "a"}],
        "templates": [{"templateName": "b", "clusterScope": true}, {"templateName": "c"}]}),
    );
    let b = template(
        "ClusterAnalysisTemplate",
        "b",
        json!({"metrics": [{"name": "b"}],
        "templates": [{"templateName": "b", "clusterScope": true}, {"templateName": "c"}]}),
    );
    let c = template("AnalysisTemplate", "c", json!({"metrics": [{"name": "c"}]}));
    let names = |needed: Vec<ObjectRef>| -> Vec<String> {
        needed.iter().map(ToString::to_string).collect()
    };
    let mut looked_up = Found::new();
    assert_eq!(
        names(needs(&rollout(), &looked_up)),
        ["AnalysisTemplate ns/a", "ClusterAnalysisTemplate b"]
    );
    looked_up.extend(found(&[a.clone(), b.clone()]));
    assert_eq!(
        names(needs(&rollout(), &looked_up)),
        ["AnalysisTemplate ns/c"]
    );
    let missing = needs(&rollout(), &looked_up).remove(0);
    looked_up.insert(missing, None);
    assert!(needs(&rollout(), &looked_up).is_empty());
    let named = [json!({"templateName": "a"})];
    assert_eq!(
        templates(&named, Some("ns"), &looked_up)
            .unwrap_err()
            .to_string(),
        "AnalysisTemplate 'c' not found"
    );
    let all = templates(&named, Some("ns"), &found(&[a, b, c])).unwrap();
    let order: Vec<&str> = all.iter().map(Object::name).collect();
    assert_eq!(order, ["a", "c", "b"]);
    let spec = spec(&all, json!([])).unwrap();
    assert_eq!(
        spec,
        json!({"metrics": [{"name": "a"}, {"name": "c"}, {"name": "b"}]})
    );
}

#[test]
fn arguments_of_the_rollout_go_over_those_of_recipes() {
    let declared = json!({"metrics": [{"name": "m"}], "args": [
        {"name": "own", "value": "default"}, {"name": "service"}, {"name": "hash"}, {"name": "stable"},
        {"name": "label"}, {"name": "weight"},
        {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]});
    let recipe = [template("AnalysisTemplate", "a", declared)];
    let field = |path: &str| json!({"fieldRef": {"fieldPath": path}});
    let made = spec(
        &recipe,
        json!([
            {"name": "service", "value": "shop"}, {"name": "unknown", "value": "x"},
            {"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}},
            {"name": "stable", "valueFrom": {"podTemplateHashValue": "Stable"}},
            {"name": "label", "valueFrom": field("metadata.labels['app']")},
            {"name": "weight", "valueFrom": field("status.canary.weights.canary.weight")},
        ]),
    )
    .unwrap();
    assert_eq!(
        made["args"],
        json!([
            {"name": "own", "value": "default"}, {"name": "service", "value": "shop"},
            {"name": "hash", "value": "bbb"}, {"name": "stable", "value": "aaa"},
            {"name": "label", "value": "shop"}, {"name": "weight", "value": "20"},
            {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ])
    );
    let unresolved = spec(&recipe, json!([])).unwrap_err();
    assert_eq!(unresolved.to_string(), "args.service was not resolved");
}

#[test]
fn fields_of_the_rollout_are_found_by_path() {
    for (path, expected) in [
        ("metadata.name", Ok("shop")),
        ("metadata.namespace", Ok("ns")),
        ("metadata.uid", Ok("u")),
        ("metadata.labels", Ok("app=\"shop\"\ntier=\"web\"")),
        ("metadata.annotations['a/b']", Ok("c")),
        ("metadata.labels['none']", Ok("")),
        (
            "metadata.generation",
            Err("unsupported fieldPath: metadata.generation"),
        ),
        (
            "metadata.name['x']",
            Err("fieldPath \"metadata.name['x']\" does not support subscript"),
        ),
        ("spec.replicas", Ok("10")),
        ("spec.strategy.canary.steps[0].setWeight", Ok("5")),
        ("status.big", Ok("1e+06")),
        ("status.list[0].x", Ok("true")),
        ("status.list[1].x", Err("index 1 out of range")),
        ("status.list.x", Err("invalid index 'x'")),
        ("status.none", Err("invalid path status.none in rollout")),
        (
            "spec.replicas.x",
            Err("invalid path spec.replicas.x in rollout"),
        ),
        (
            "status.list",
            Err("path status.list in rollout must terminate in a primitive value"),
        ),
    ] {
        let recipe = [template(
            "AnalysisTemplate",
            "a",
            json!({"args": [{"name": "x"}]}),
        )];
        let made = spec(
            &recipe,
            json!([{"name": "x", "valueFrom": {"fieldRef": {"fieldPath": path}}}]),
        );
        let made = made.map(|spec| spec["args"][0]["value"].as_str().unwrap().to_owned());
        assert_eq!(
            made.map_err(|error| error.to_string()),
            expected.map(str::to_owned).map_err(str::to_owned),
            "{path}"
        );
    }
}

#[test]
fn recipes_that_contradict_each_other_are_refused() {
    let pair = |first: Value, second: Value| {
        [
            template("AnalysisTemplate", "a", first),
            template("AnalysisTemplate", "b", second),
        ]
    };
    let arg = |value: Value| json!({"args": [{"name": "x", "value": value}]});
    let rule = |field: &str| json!({field: [{"metricName": "m"}]});
    for (templates, words) in [
        (
            pair(
                json!({"metrics": [{"name": "m"}]}),
                json!({"metrics": [{"name": "m"}]}),
            ),
            "two metrics have the same name 'm'",
        ),
        (
            pair(arg(json!("1")), arg(json!("2"))),
            "Argument `x` specified multiple times with different values: '1', '2'",
        ),
        (
            pair(rule("dryRun"), rule("dryRun")),
            "two Dry-Run metric rules have the same name 'm'",
        ),
        (
            pair(rule("measurementRetention"), rule("measurementRetention")),
            "two Measurement Retention metric rules have the same name 'm'",
        ),
    ] {
        assert_eq!(spec(&templates, json!([])).unwrap_err().to_string(), words);
    }
    let same = pair(arg(json!("1")), arg(json!(null)));
    assert_eq!(
        spec(&same, json!([])).unwrap()["args"],
        json!([{"name": "x", "value": "1"}])
    );
}

#[test]
fn rules_of_the_rollout_come_first() {
    let recipe = [template(
        "AnalysisTemplate",
        "a",
        json!({"dryRun": [{"metricName": "b"}]}),
    )];
    let (dry, kept) = (
        [json!({"metricName": "a"})],
        [json!({"metricName": "a", "limit": 3})],
    );
    let made = run_spec(&recipe, &[], &rollout(), hashes(), &dry, &kept).unwrap();
    assert_eq!(
        made,
        json!({"metrics": [], "dryRun": [{"metricName": "a"}, {"metricName": "b"}],
            "measurementRetention": [{"metricName": "a", "limit": 3}]})
    );
}
