//! Managers of a Scale and of the object behind it (`managedfields/scalehandler.go`).

use super::{
    element::PathElement,
    entry::{ManagerId, Managers, Operation, Ownership},
    set::FieldSet,
};

/// The version of Scale.
const SCALE_VERSION: &str = "autoscaling/v1";

fn path(dotted: &str) -> Vec<PathElement> {
    dotted
        .trim_start_matches('.')
        .split('.')
        .map(|name| PathElement::Field(name.to_owned()))
        .collect()
}

fn only(path: &[PathElement]) -> FieldSet {
    let mut set = FieldSet::default();
    set.insert(path);
    set
}

/// The managers of the replicas, as those of a Scale; `replicas` is the path in the object, such as
/// `.spec.replicas`.
pub fn parent_to_scale(parent: &Managers, replicas: &str) -> Managers {
    let replicas = path(replicas);
    let of_scale = only(&path("spec.replicas"));
    let entries = parent
        .0
        .iter()
        .filter(|(_, owned)| owned.fields.has(&replicas));
    Managers(
        entries
            .map(|(id, owned)| {
                let owned = Ownership {
                    fields: of_scale.clone(),
                    api_version: SCALE_VERSION.to_owned(),
                    time: owned.time.clone(),
                };
                // An update is told apart by its version too, and that is now the one of Scale.
                let version = match id.operation {
                    Operation::Apply => "",
                    Operation::Update => SCALE_VERSION,
                };
                let id = ManagerId {
                    api_version: version.to_owned(),
                    ..id.clone()
                };
                (id, owned)
            })
            .collect(),
    )
}

/// The managers of the object after its Scale was written; `api_version` is the object's.
pub fn scale_to_parent(
    parent: &Managers,
    mut scale: Managers,
    replicas: &str,
    api_version: &str,
) -> Managers {
    let replicas = path(replicas);
    let mine = only(&replicas);
    let mut managers = Managers::default();
    for (id, owned) in &parent.0 {
        let mut owned = owned.clone();
        if owned.fields.has(&replicas) && scale.0.remove(id).is_none() {
            // Another one took the replicas.
            owned.fields = owned.fields.difference(&mine);
            if owned.fields.is_empty() {
                continue;
            }
        }
        managers.0.insert(id.clone(), owned);
    }
    let of_scale = path("spec.replicas");
    for (id, owned) in scale.0 {
        if !owned.fields.has(&of_scale) {
            continue;
        }
        let owned = Ownership {
            fields: mine.clone(),
            api_version: api_version.to_owned(),
            time: parent.0.get(&id).and_then(|owned| owned.time.clone()),
        };
        managers.0.insert(id, owned);
    }
    managers
}
