//! The kinds that are written, and objects of them made by chance.

use serde_json::{Map, Value, json};

use super::chance::Chance;

/// The instant of conditions.
const AT: &str = "2026-01-01T00:00:00Z";

pub struct Kind {
    pub group_version: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub has_status: bool,
    pub has_scale: bool,
    make: fn(&mut Chance) -> Map<String, Value>,
}

pub const KINDS: [Kind; 3] = [
    Kind {
        group_version: "v1",
        kind: "ConfigMap",
        plural: "configmaps",
        has_status: false,
        has_scale: false,
        make: config_map,
    },
    Kind {
        group_version: "apps/v1",
        kind: "Deployment",
        plural: "deployments",
        has_status: true,
        has_scale: true,
        make: deployment,
    },
    Kind {
        group_version: "sequence.waxwing.dev/v1",
        kind: "Part",
        plural: "parts",
        has_status: true,
        has_scale: true,
        make: part,
    },
];

impl Kind {
    /// An object; it has its kind and version, but no name.
    pub fn make(&self, chance: &mut Chance) -> Value {
        let mut object = (self.make)(chance);
        let mut metadata = Map::new();
        chance.maybe(&mut metadata, "labels", |chance| {
            chance.texts(&["a", "b", "c", "d.e/f"])
        });
        chance.maybe(&mut metadata, "annotations", |chance| {
            chance.texts(&["m", "n", "o.p/q"])
        });
        if chance.once_in(40) {
            metadata.insert(
                "labels".into(),
                json!({"a": "1", "b": chance.pick(&["!", "x y", "1"])}),
            );
        }
        if chance.once_in(60) {
            metadata.insert("annotations".into(), json!({*chance.pick(&["!", "m"]): ""}));
        }
        if chance.once_in(8) {
            metadata.insert("finalizers".into(), json!(chance.some(&["x.y/a", "x.y/b"])));
        }
        object.insert("metadata".into(), metadata.into());
        object.insert("apiVersion".into(), self.group_version.into());
        object.insert("kind".into(), self.kind.into());
        Value::Object(object)
    }

    /// The path of the collection in a namespace.
    pub fn path(&self, namespace: &str) -> String {
        let root = if self.group_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        format!(
            "/{root}/{}/namespaces/{namespace}/{}",
            self.group_version, self.plural
        )
    }
}

fn config_map(chance: &mut Chance) -> Map<String, Value> {
    let mut object = Map::new();
    chance.maybe(&mut object, "data", |chance| {
        chance.texts(&["a", "b", "c", "d.e"])
    });
    if chance.once_in(4) {
        object.insert(
            "binaryData".into(),
            json!({"x": chance.pick(&["AQ==", "Ag=="])}),
        );
    }
    if chance.once_in(20) {
        object.insert("immutable".into(), chance.once_in(2).into());
    }
    object
}

fn container(chance: &mut Chance, name: &str) -> Value {
    let mut item = Map::new();
    item.insert("name".into(), name.into());
    if !chance.once_in(10) {
        item.insert("image".into(), json!(chance.pick(&["i:1", "i:2", "i"])));
    }
    chance.maybe(&mut item, "args", |chance| {
        json!(chance.some(&["-a", "-b", "-c"]))
    });
    chance.maybe(&mut item, "env", |chance| {
        let names = chance.some(&["A", "B", "C"]);
        let env = names.into_iter().map(|name| {
            let mut item = Map::new();
            item.insert("name".into(), name.into());
            chance.maybe(&mut item, "value", |chance| json!(chance.pick(&["1", "2"])));
            Value::Object(item)
        });
        env.collect()
    });
    chance.maybe(&mut item, "ports", |chance| {
        let ports = chance.some(&[80, 443, 8080]);
        let ports = ports.into_iter().map(|port| {
            let mut item = Map::new();
            item.insert("containerPort".into(), port.into());
            chance.maybe(&mut item, "protocol", |chance| {
                json!(chance.pick(&["TCP", "UDP"]))
            });
            Value::Object(item)
        });
        ports.collect()
    });
    chance.maybe(&mut item, "resources", |chance| {
        json!({"limits": {"cpu": chance.pick(&[json!("500m"), json!(0.5), json!(1), json!("0.1")]).clone()}})
    });
    Value::Object(item)
}

fn deployment(chance: &mut Chance) -> Map<String, Value> {
    let mut spec = Map::new();
    // Nothing shall become of it where controllers are at work.
    spec.insert("paused".into(), true.into());
    chance.maybe(&mut spec, "replicas", |chance| {
        json!(chance.pick(&[0, 1, 2]))
    });
    chance.maybe(&mut spec, "minReadySeconds", |chance| {
        json!(chance.pick(&[0, 5]))
    });
    chance.maybe(&mut spec, "strategy", |chance| {
        chance
            .pick(&[
                json!({"type": "Recreate"}),
                json!({"type": "RollingUpdate"}),
                json!({"rollingUpdate": {"maxSurge": 1}}),
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}}),
            ])
            .clone()
    });
    let mut template = Map::new();
    chance.maybe(&mut template, "nodeSelector", |chance| {
        chance.texts(&["s", "t"])
    });
    chance.maybe(&mut template, "hostAliases", |chance| {
        let ips = chance.some(&["1.1.1.1", "2.2.2.2"]);
        ips.into_iter()
            .map(|ip| json!({"ip": ip, "hostnames": ["h"]}))
            .collect()
    });
    chance.maybe(&mut template, "tolerations", |chance| {
        let keys = chance.some(&["k", "l"]);
        keys.into_iter()
            .map(|key| json!({"key": key, "operator": "Exists"}))
            .collect()
    });
    let names = if chance.once_in(10) {
        chance.some(&["a", "b"])
    } else {
        chance.some(&["b", "c"])
    };
    let mut containers: Vec<Value> = vec![container(chance, "main")];
    for name in names {
        let one = container(chance, name);
        let place = usize::try_from(chance.below(containers.len() as u64 + 1)).unwrap();
        containers.insert(place, one);
    }
    template.insert("containers".into(), containers.into());
    let mut labels = chance.texts(&["t", "u"]);
    labels["app"] = "it".into();
    spec.insert(
        "template".into(),
        json!({"metadata": {"labels": labels}, "spec": template}),
    );
    spec.insert("selector".into(), json!({"matchLabels": {"app": "it"}}));
    let mut object = Map::new();
    object.insert("spec".into(), spec.into());
    if chance.once_in(3) {
        let count = chance.below(3);
        object.insert(
            "status".into(),
            json!({"replicas": count, "conditions": [{"type": "Mine", "status": "True", "lastUpdateTime": AT, "lastTransitionTime": AT}]}),
        );
    }
    object
}

/// The definition of `Part`.
pub fn definition() -> Value {
    let text = json!({"type": "string"});
    let rule = json!({"type": "object", "required": ["name"], "properties": {
        "name": text, "kind": {"type": "string", "default": "plain"}, "value": text,
    }});
    let spec = json!({
        "size": {"type": "integer", "maximum": 5},
        "mode": {"type": "string", "enum": ["Fast", "Slow"], "default": "Fast"},
        "port": {"x-kubernetes-int-or-string": true},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": text},
        "words": {"type": "array", "items": text, "maxItems": 2},
        "whole": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": text},
        "map": {"type": "object", "additionalProperties": text},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "rules": {
            "type": "array", "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name", "kind"], "items": rule,
        },
    });
    let status = json!({"phase": text, "seen": {"type": "integer"}});
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "properties": spec},
        "status": {"type": "object", "properties": status},
    }});
    let scale = json!({"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.seen"});
    let version = json!({
        "name": "v1", "served": true, "storage": true,
        "subresources": {"status": {}, "scale": scale},
        "schema": {"openAPIV3Schema": schema},
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "parts.sequence.waxwing.dev"},
        "spec": {
            "group": "sequence.waxwing.dev", "scope": "Namespaced",
            "names": {"kind": "Part", "plural": "parts"},
            "versions": [version],
        },
    })
}

fn part(chance: &mut Chance) -> Map<String, Value> {
    let mut spec = Map::new();
    chance.maybe(&mut spec, "size", |chance| {
        json!(chance.pick(&[0, 1, 2, 9]))
    });
    chance.maybe(&mut spec, "mode", |chance| {
        json!(chance.pick(&["Fast", "Slow"]))
    });
    chance.maybe(&mut spec, "port", |chance| {
        chance.pick(&[json!(80), json!("http")]).clone()
    });
    chance.maybe(&mut spec, "tags", |chance| {
        json!(chance.some(&["a", "b", "c"]))
    });
    chance.maybe(&mut spec, "words", |chance| {
        json!(chance.some(&["a", "b", "c"]))
    });
    chance.maybe(&mut spec, "whole", |chance| chance.texts(&["a", "b"]));
    chance.maybe(&mut spec, "map", |chance| chance.texts(&["a", "b"]));
    chance.maybe(&mut spec, "free", |chance| {
        chance
            .pick(&[
                json!({"x": 1}),
                json!({"x": {"y": [1, 2]}}),
                json!({"z": "t", "x": {"w": true}}),
                json!({}),
            ])
            .clone()
    });
    chance.maybe(&mut spec, "rules", |chance| {
        let names = chance.some(&["a", "b", "c"]);
        let rules = names.into_iter().map(|name| {
            let mut item = Map::new();
            item.insert("name".into(), name.into());
            chance.maybe(&mut item, "kind", |chance| {
                json!(chance.pick(&["plain", "other"]))
            });
            chance.maybe(&mut item, "value", |chance| json!(chance.pick(&["1", "2"])));
            Value::Object(item)
        });
        rules.collect()
    });
    if chance.once_in(20) {
        spec.insert("unknown".into(), 1.into());
    }
    let mut object = Map::new();
    object.insert("spec".into(), spec.into());
    if chance.once_in(3) {
        object.insert(
            "status".into(),
            json!({"phase": chance.pick(&["A", "B"]), "seen": 1}),
        );
    }
    object
}
