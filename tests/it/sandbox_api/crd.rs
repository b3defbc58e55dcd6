//! Our own definitions: in order, and printed as they stand in `deploy/`.

use serde_json::json;
use waxwing::{
    api,
    object::{Object, yaml},
    sandbox::{crd, registry::Registry},
};

#[test]
fn the_printed_definition_is_fresh() {
    for (definition, deployed) in [
        (
            api::crd::sealed_secret(),
            include_str!("../../../deploy/crds/sealedsecrets.yaml"),
        ),
        (
            api::crd::application(),
            include_str!("../../../deploy/crds/applications.yaml"),
        ),
    ] {
        let printed = yaml::write(&definition);
        assert_eq!(deployed, printed, "write the right side to the file");
    }
}

#[test]
fn sealed_secrets_are_accepted_pruned_and_validated() {
    let mut definition = Object::from_value(api::crd::sealed_secret()).unwrap();
    crd::complete(&mut definition);
    assert_eq!(crd::accept(&definition, None), Ok(()));
    assert!(crd::warnings(&definition).is_empty());
    let registry = Registry::built_in().with_definition(&definition);
    let resource = registry
        .find("bitnami.com", "v1alpha1", "sealedsecrets")
        .unwrap();
    assert!(resource.has_status && resource.namespaced && resource.custom);
    let schema = resource.structural.as_ref().unwrap();
    let mut object = json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": "a"},
        "spec": {"encryptedData": {"k": "v"}, "more": 1, "template": {"data": {"gone": null},
            "metadata": {"ownerReferences": []}}},
    });
    assert_eq!(schema.prune(&mut object), ["spec.more"]);
    schema.set_defaults(&mut object);
    assert_eq!(object["spec"]["template"]["data"], json!({"gone": null}));
    assert_eq!(schema.validate(&object), []);
    object["spec"]
        .as_object_mut()
        .unwrap()
        .remove("encryptedData");
    let found: Vec<String> = schema
        .validate(&object)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, ["spec.encryptedData: Required value"]);
    let registry = registry.without_definition(&definition);
    assert!(
        registry
            .find("bitnami.com", "v1alpha1", "sealedsecrets")
            .is_none()
    );
}
