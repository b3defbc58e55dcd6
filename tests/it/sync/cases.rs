//! The cases under `tests/cases/sync`: each file with all that it names.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};
use waxwing::{
    api::application,
    object::{Object, yaml},
    sync::{
        Key,
        advance::{Action, View, advance},
        auto::{self, Auto},
        compare::compare,
        ignore::Ignore,
        operation::OperationState,
        option::Options,
        origin::Origin,
        target::{Scopes, targets},
        task::tasks,
        tracking::Tracking,
    },
};

/// Kinds of the whole cluster; all others in the cases have a namespace.
const OF_THE_CLUSTER: &[&str] = &["Namespace", "CustomResourceDefinition"];

fn object(value: &Value) -> Object {
    Object::from_value(value.clone()).unwrap()
}

fn list(case: &Value, field: &str) -> Vec<Object> {
    let listed = case.get(field).and_then(Value::as_array);
    listed.into_iter().flatten().map(object).collect()
}

fn instant(case: &Value, field: &str) -> Option<Timestamp> {
    case.get(field)?.as_str().map(|text| text.parse().unwrap())
}

fn scopes(objects: &[Object]) -> Scopes {
    objects
        .iter()
        .map(|object| {
            let kind = (object.gvk().group, object.kind().to_owned());
            (kind, !OF_THE_CLUSTER.contains(&object.kind()))
        })
        .collect()
}

fn decided(auto: &Auto) -> String {
    match auto {
        Auto::Nothing => "nothing".to_owned(),
        Auto::At(at) => format!("at {at}"),
        Auto::Refused(why) => format!("refused: {why}"),
        Auto::Sync(operation) => {
            let sync = operation.sync.clone().unwrap();
            let mut text = "sync".to_owned();
            for one in &sync.resources {
                text.push_str(&format!(
                    " {}/{}/{}/{}",
                    one.group, one.kind, one.namespace, one.name
                ));
            }
            if let Some(count) = sync.auto_heal_attempts_count {
                text.push_str(&format!(", heal {count}"));
            }
            text
        }
    }
}

fn done(action: &Action) -> String {
    match action {
        Action::Apply(task) => format!("apply {}", task.key.short()),
        Action::Prune(task) => format!("prune {}", task.key.short()),
        Action::DeleteHook(task) => format!("delete hook {}", task.key.short()),
    }
}

/// What comes of a case, with every field that a plan may name.
fn plan(case: &Value) -> Value {
    let mut app = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd"}});
    for (field, value) in case["app"].as_object().unwrap() {
        match field.as_str() {
            "metadata" => app["metadata"]["annotations"] = value["annotations"].clone(),
            field => app[field] = value.clone(),
        }
    }
    let app = object(&app);
    let spec = application::spec(&app).unwrap();
    let tracking = Tracking::by_annotation("shop");
    let rendered = list(case, "targets");
    let scopes = scopes(&rendered);
    let targets = targets(rendered, &tracking, "web", &scopes);
    let mut live = list(case, "live");
    for object in &mut live {
        tracking.mark(object, "web");
    }
    live.extend(list(case, "foreign"));
    let live: BTreeMap<Key, Object> = live.into_iter().map(|one| (Key::of(&one), one)).collect();
    let rollouts = list(case, "rollouts");
    let ignore = Ignore::new(&spec.ignore_differences).unwrap();
    let ignore = ignore.with_rollouts(rollouts.iter());
    let options = Options::new(spec.options());
    let compared = compare(&tracking, &targets.objects, &live, &ignore, &options);
    let revision = case["revision"].as_str().unwrap();
    let origin = Origin::one(json!({"repoURL": "u"}), revision);
    let now = instant(case, "now").unwrap();
    let last = OperationState::of(&app);
    let resources: BTreeMap<String, &str> = compared
        .resources
        .iter()
        .map(|one| {
            (
                one.key.to_string(),
                one.status.map_or("none", |status| status.text()),
            )
        })
        .collect();
    let shared: BTreeMap<String, &String> = compared
        .shared
        .iter()
        .map(|(key, other)| (key.to_string(), other))
        .collect();
    let mut plan = json!({
        "status": compared.status.text(), "health": compared.health.status.text(),
        "resources": resources, "shared": shared,
    });
    let running = last.clone().filter(|state| !state.phase.is_completed());
    let asked = application::operation(&app).unwrap();
    let auto = auto::decide(&spec, &origin, &compared, last.as_ref(), true, now);
    plan["auto"] = decided(&auto).into();
    let state = match (running, asked, auto) {
        (Some(state), _, _) => Some(state),
        (None, Some(operation), _) => Some(OperationState::begin(operation, now)),
        (None, None, Auto::Sync(operation)) => Some(OperationState::begin(*operation, now)),
        _ => None,
    };
    let Some(mut state) = state else { return plan };
    let sync = state.operation.sync.clone().unwrap_or_default();
    let tasks = tasks(&compared.resources, &sync, &options, "one-PHASE-0");
    let view = View {
        tasks: &tasks,
        options: &options,
        app: &app,
        prune: sync.prune,
        sealed_since: instant(case, "sealed_since"),
        now,
    };
    let step = advance(&view, &mut state);
    let actions: Vec<String> = step.actions.iter().map(done).collect();
    let results = state
        .sync_result
        .iter()
        .flat_map(|result| &result.resources);
    let results: BTreeMap<String, String> = results
        .map(|one| {
            let key = format!("{}/{}/{}/{}", one.group, one.kind, one.namespace, one.name);
            (key, format!("{} {}", one.status, one.message))
        })
        .collect();
    plan["actions"] = actions.into();
    plan["phase"] = state.phase.text().into();
    plan["message"] = state.message.into();
    plan["results"] = json!(results);
    plan
}

#[test]
fn every_case_comes_out_as_it_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/sync");
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "yaml") {
            continue;
        }
        count += 1;
        let bytes = fs::read(&path).unwrap();
        let documents = yaml::read(&bytes, &yaml::ReadOptions::default()).unwrap();
        let case = &documents[0].value;
        let found = plan(case);
        for (field, expected) in case["plan"].as_object().unwrap() {
            let name = path.file_stem().unwrap().to_string_lossy();
            let is_it = match (&found[field], expected) {
                // Of maps, what is named is compared.
                (Value::Object(found), Value::Object(expected)) => expected
                    .iter()
                    .all(|(name, value)| found.get(name) == Some(value)),
                (found, expected) => found == expected,
            };
            if !is_it {
                wrong.push(format!(
                    "{name}: {field} is {}, not {expected}",
                    found[field]
                ));
            }
        }
    }
    assert!(count >= 17, "{count} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
