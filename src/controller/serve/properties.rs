//! Rotate as a stranger may ask it: whatever the object claims, nothing opens in more places than before.

use proptest::{
    arbitrary::any as arbitrary,
    collection::btree_map,
    prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest},
    sample::select,
};

use super::{
    tests::{clock, handle, opens_only_in, rotated, sealed},
    *,
};
use crate::{
    api::sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE},
    seal::{Scope, label},
};

const SCOPES: [Scope; 3] = [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide];

/// Annotations that say something of the scope, or seem to.
fn claims() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let names = select(&[
        CLUSTER_WIDE,
        NAMESPACE_WIDE,
        "sealedsecrets.bitnami.com/strict",
        "Sealedsecrets.bitnami.com/cluster-wide",
    ]);
    let values = select(&["true", "false", "True", " true", "1", ""]);
    btree_map(names, values, 0..4).prop_map(|claims| claims.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rotate_never_widens(
        scope in select(&SCOPES),
        claimed in select(&SCOPES),
        on_object in claims(),
        on_template in claims(),
        place in select(&[("shop", "db"), ("shop", "other"), ("evil", "db"), ("", ""), ("shop/db", "")]),
        elsewhere in select(&[("shop", "db"), ("evil", "other"), ("", "")]),
        replaces in arbitrary::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = handle(&clock());
        let original = sealed(scope);
        let mut asked = original.clone();
        asked.metadata.set_text("namespace", place.0);
        asked.metadata.set_text("name", place.1);
        if replaces {
            claimed.annotate(&mut asked.metadata);
        }
        for (name, value) in on_object {
            asked.metadata.set_entry("annotations", name, value);
        }
        let template = &mut asked.spec.template.metadata;
        claimed.annotate(template);
        for (name, value) in on_template {
            template.set_entry("annotations", name, value);
        }
        template.set_text("namespace", elsewhere.0);
        template.set_text("name", elsewhere.1);
        let claimed_now = Scope::of(&asked.metadata);
        // What binds a ciphertext is the text of its label, and nothing else.
        let bound = label(scope, "shop", "db");
        let fits = label(claimed_now, place.0, place.1) == bound;
        let checked = handle.keys.with(|ring| seal::check(&asked, ring, DeprecatedData::Accept));
        prop_assert_eq!(checked.is_ok(), fits);
        let answer = runtime.block_on(rotated(&handle, &asked));
        // Without a name or a namespace nothing can be sealed again.
        let is_placed = !place.0.is_empty() && !place.1.is_empty();
        prop_assert_eq!(answer.is_ok(), fits && (is_placed || answer.is_ok()));
        match answer {
            Ok(answer) => {
                let resealed = SealedSecret::from_any(answer).unwrap();
                let metadata = &resealed.metadata;
                let scope_now = Scope::of(metadata);
                prop_assert_eq!(scope_now, claimed_now);
                prop_assert_eq!(Scope::of(&resealed.spec.template.metadata), claimed_now);
                prop_assert_eq!((metadata.namespace(), metadata.name()), place);
                prop_assert_eq!(label(scope_now, metadata.namespace(), metadata.name()), bound);
                if place == ("shop", "db") {
                    opens_only_in(&handle, &resealed, scope);
                }
            }
            Err(status) => prop_assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}
