//! PersistentVolumeClaim: a volume that is there at once, and bound to it. Nothing is ever kept in it.

use serde_json::{Value, json};

use super::{field, member};
use crate::{
    object::{Gvk, Object, ObjectRef},
    plan::{Effect, Plan, Precondition},
};

/// Who made a volume.
const PROVISIONER: &str = "sandbox.waxwing.dev/volumes";
/// Annotation of a volume with who made it; only such volumes are removed.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// Who binds claims to their volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binder {
    /// Nobody else: the claim is bound here.
    Us,
    /// A volume controller, which only waits for the volume.
    Another,
}

/// The volume that a claim gets.
pub fn volume_of(claim: &Object) -> ObjectRef {
    let name = format!("pvc-{}", claim.uid().unwrap_or_default());
    ObjectRef::new(Gvk::new("", "v1", "PersistentVolume"), None, name)
}

/// Decides one pass over a claim; `volume` is what [`volume_of`] names, if it is there.
pub fn decide(claim: &Object, volume: Option<&Object>, binder: Binder) -> Plan {
    let phase = field::text(claim, &["status", "phase"]);
    let named = field::text(claim, &["spec", "volumeName"]);
    let ours = volume_of(claim);
    if field::is_deleting(claim) || phase == "Bound" || (!named.is_empty() && named != ours.name) {
        return Plan::default();
    }
    let mut plan = Plan::default();
    if volume.is_none() {
        plan.effects.extend(make(claim, &ours));
    }
    if binder == Binder::Another || volume.is_none() {
        // The next pass sees the volume.
        return plan;
    }
    if named.is_empty() {
        plan.effects.push(Effect::Patch {
            target: claim.reference(),
            patch: json!({
                "metadata": {"annotations": {
                    "pv.kubernetes.io/bind-completed": "yes",
                    "pv.kubernetes.io/bound-by-controller": "yes",
                }},
                "spec": {"volumeName": ours.name},
            }),
            precondition: Precondition {
                uid: claim.uid().map(str::to_owned),
                resource_version: claim.resource_version().map(str::to_owned),
            },
        });
        return plan;
    }
    let mut bound = claim.clone();
    let status = json!({
        "phase": "Bound",
        "accessModes": claim.at(&["spec", "accessModes"]),
        "capacity": capacity(claim),
    });
    bound.set(&["status"], status);
    plan.status = Some(bound);
    plan
}

/// Decides one pass over a volume: bound while its claim is there, and gone after it.
pub fn decide_volume(volume: &Object, claim: Option<&Object>) -> Plan {
    let is_ours = volume.annotation(PROVISIONED_BY) == Some(PROVISIONER);
    if !is_ours || field::is_deleting(volume) {
        return Plan::default();
    }
    let wanted = field::text(volume, &["spec", "claimRef", "uid"]);
    if claim.and_then(Object::uid) != Some(wanted) {
        return Plan {
            effects: vec![member::remove(volume)],
            ..Plan::default()
        };
    }
    if field::text(volume, &["status", "phase"]) == "Bound" {
        return Plan::default();
    }
    let mut bound = volume.clone();
    bound.set(&["status"], json!({"phase": "Bound"}));
    Plan {
        status: Some(bound),
        ..Plan::default()
    }
}

/// Decides one pass over a volume that another binds: it goes once it is released.
pub fn reclaim(volume: &Object) -> Plan {
    let is_ours = volume.annotation(PROVISIONED_BY) == Some(PROVISIONER);
    let is_released = field::text(volume, &["status", "phase"]) == "Released";
    let mut plan = Plan::default();
    if is_ours && is_released && !field::is_deleting(volume) {
        plan.effects.push(member::remove(volume));
    }
    plan
}

fn capacity(claim: &Object) -> Value {
    let path = ["spec", "resources", "requests"];
    claim.at(&path).cloned().unwrap_or_else(|| json!({}))
}

fn make(claim: &Object, volume: &ObjectRef) -> Option<Effect> {
    let mut spec = json!({
        "accessModes": claim.at(&["spec", "accessModes"]),
        "capacity": capacity(claim),
        "claimRef": {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "name": claim.name(), "namespace": claim.namespace(), "uid": claim.uid(),
        },
        "hostPath": {"path": format!("/sandbox/{}", volume.name), "type": ""},
        "persistentVolumeReclaimPolicy": "Delete",
        "volumeMode": claim.at(&["spec", "volumeMode"]).cloned().unwrap_or_else(|| "Filesystem".into()),
    });
    let class = field::text(claim, &["spec", "storageClassName"]);
    if let (false, Some(map)) = (class.is_empty(), spec.as_object_mut()) {
        map.insert("storageClassName".into(), class.into());
    }
    let object = Object::from_value(json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": volume.name, "annotations": {PROVISIONED_BY: PROVISIONER}},
        "spec": spec,
    }));
    object.ok().map(Effect::Create)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::world::World;

    fn plan(world: &World, binder: Binder) -> Plan {
        let Some(claim) = world.all("PersistentVolumeClaim").first().copied() else {
            return Plan::default();
        };
        let name = volume_of(claim).name;
        let volumes = world.all("PersistentVolume");
        let volume = volumes.into_iter().find(|volume| volume.name() == name);
        let of_claim = decide(claim, volume, binder);
        if of_claim != Plan::default() || binder == Binder::Another {
            return of_claim;
        }
        volume.map_or_else(Plan::default, |volume| decide_volume(volume, Some(claim)))
    }

    fn world() -> World {
        World::new([json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "n"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                "resources": {"requests": {"storage": "1Gi"}}},
        })])
    }

    #[test]
    fn a_claim_is_bound_to_a_volume_of_its_own() {
        let mut world = world();
        world.settle(|world| plan(world, Binder::Us));
        let claim = world.get("PersistentVolumeClaim", "data");
        let volume = world.all("PersistentVolume")[0];
        assert_eq!(field::text(claim, &["spec", "volumeName"]), volume.name());
        assert_eq!(field::text(claim, &["status", "phase"]), "Bound");
        assert_eq!(
            claim.at(&["status", "capacity"]),
            Some(&json!({"storage": "1Gi"}))
        );
        assert_eq!(field::text(volume, &["status", "phase"]), "Bound");
        assert_eq!(field::text(volume, &["spec", "storageClassName"]), "fast");
        assert_eq!(plan(&world, Binder::Us), Plan::default());
        let gone = decide_volume(volume, None);
        assert_eq!(gone.effects, vec![member::remove(volume)]);
    }

    #[test]
    fn where_another_binds_only_the_volume_is_made() {
        let mut world = world();
        world.settle(|world| plan(world, Binder::Another));
        assert_eq!(world.all("PersistentVolume").len(), 1);
        let claim = world.get("PersistentVolumeClaim", "data");
        assert_eq!(claim.at(&["status"]), None);
    }
}
