//! `waxwing rollout set-image`: mirrors `pkg/kubectl-argo-rollouts/cmd/set/set_image.go`.

use serde_json::Value;

use super::connect::{Connection, Told, tell};
use crate::{
    cli::{Exit, Failure, Shell},
    object::{Gvk, Object, ObjectRef},
};

/// How often a write is tried again when somebody else was faster.
const ATTEMPTS: usize = 5;

/// Change the image of a container.
///
/// What Git asks for stays: where an Application heals itself, the image comes back. `waxwing image set` changes it in
/// Git.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  waxwing rollout set-image guestbook web=registry.example.com/web:2\n  \
    waxwing rollout set-image guestbook '*=registry.example.com/web:2'"
)]
pub(super) struct Args {
    /// The rollout.
    name: String,
    /// The container, `*` for all, and its image.
    #[arg(value_name = "CONTAINER=IMAGE")]
    image: String,
    #[command(flatten)]
    connection: Connection,
    /// A sentence, or the changed object.
    #[arg(short, long, value_enum, default_value_t)]
    output: Told,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let parts: Vec<&str> = args.image.split('=').collect();
    let [container, image] = parts.as_slice() else {
        return Err(Failure::new(format!("invalid image \"{}\"", args.image))
            .hint("write CONTAINER=IMAGE, such as web=registry.example.com/web:2"));
    };
    let place = args.connection.place().await?;
    let mut attempt = 1;
    let changed = loop {
        let rollout = place.rollout(&args.name).await?;
        let target = match rollout.at(&["spec", "workloadRef"]) {
            Some(workload) => workload_of(workload, &place.namespace)?,
            None => place.reference(&args.name),
        };
        let failed =
            |error| Failure::new(format!("failed to change the image of {target}")).because(error);
        let live = if target == place.reference(&args.name) {
            rollout
        } else {
            let found = place.cluster.get(&target).await.map_err(failed)?;
            found.ok_or_else(|| Failure::new(format!("{target} not found")))?
        };
        let wanted = with_image(live, container, image)?;
        match place.cluster.replace(&wanted).await {
            Ok(changed) => break changed,
            Err(error) if error.is_conflict() && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(failed(error)),
        }
    };
    let kind = changed.kind().to_lowercase();
    let sentence = format!("{kind} \"{}\" image updated", changed.name());
    tell(shell, args.output, &changed, &sentence)?;
    Ok(Exit::Yes)
}

fn workload_of(workload: &Value, namespace: &str) -> Result<ObjectRef, Failure> {
    let text = |name: &str| {
        workload
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if text("kind") != "Deployment" {
        return Err(Failure::new(format!(
            "workload of type {} is not supported",
            text("kind")
        )));
    }
    let gvk = Gvk::from_api_version(text("apiVersion"), "Deployment");
    Ok(ObjectRef::new(gvk, Some(namespace), text("name")))
}

/// The object with the image in every container of the name.
fn with_image(mut object: Object, container: &str, image: &str) -> Result<Object, Failure> {
    let mut is_found = false;
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let path = ["spec", "template", "spec", list];
        let Some(mut containers) = object.at(&path).cloned() else {
            continue;
        };
        for one in containers.as_array_mut().into_iter().flatten() {
            let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
            if (name == container || container == "*") && one.is_object() {
                one["image"] = image.into();
                is_found = true;
            }
        }
        object.set(&path, containers);
    }
    if is_found {
        Ok(object)
    } else {
        Err(Failure::new(format!(
            "unable to find container named \"{container}\""
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_of_every_list_take_the_image() {
        let rollout = Object::from_value(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "a"},
            "spec": {"template": {"spec": {
                "initContainers": [{"name": "wait", "image": "old"}],
                "containers": [{"name": "web", "image": "old"}, {"name": "log", "image": "old"}],
            }}},
        }))
        .unwrap();
        let images = |object: &Object| {
            let spec = object.at(&["spec", "template", "spec"]).unwrap();
            [
                &spec["initContainers"][0],
                &spec["containers"][0],
                &spec["containers"][1],
            ]
            .map(|one| one["image"].as_str().unwrap().to_owned())
        };
        let one = with_image(rollout.clone(), "web", "new").unwrap();
        assert_eq!(images(&one), ["old", "new", "old"]);
        let all = with_image(rollout.clone(), "*", "new").unwrap();
        assert_eq!(images(&all), ["new", "new", "new"]);
        let failure = with_image(rollout, "db", "new").unwrap_err().to_string();
        assert_eq!(failure, "unable to find container named \"db\"\n");
    }
}
