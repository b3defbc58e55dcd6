//! A Secret from its items, and what the SealedSecret itself gets.

use std::collections::BTreeMap;

use crate::{
    api::{metadata::Metadata, secret::Secret},
    cli::Failure,
    object::name::{label_key_errors, label_value_errors},
    secret::Hidden,
};

/// The type that `kubectl create secret generic` gives.
const DEFAULT_TYPE: &str = "Opaque";

/// Annotations that hold a copy of the plain Secret.
const COPIES: &str = "/last-applied-configuration";

/// A new Secret.
///
/// # Errors
/// It has no name.
pub(super) fn secret(
    name: Option<&str>,
    secret_type: Option<&str>,
    data: BTreeMap<String, Hidden<Vec<u8>>>,
) -> Result<Secret, Failure> {
    let name = name.ok_or_else(|| Failure::new("a new Secret needs --name"))?;
    Ok(Secret {
        metadata: Metadata::named("", name),
        secret_type: secret_type.unwrap_or(DEFAULT_TYPE).to_owned(),
        immutable: None,
        data,
    })
}

/// Puts labels and annotations on the SealedSecret itself: those of the Secret if `keep`, then those that are given.
///
/// # Errors
/// One is not of the form KEY=VALUE, or the API server would refuse it.
pub(super) fn own_metadata(
    own: &mut Metadata,
    secret: &Metadata,
    keep: bool,
    labels: &[String],
    annotations: &[String],
) -> Result<(), Failure> {
    if keep {
        for field in ["labels", "annotations"] {
            for (name, text) in secret.texts(field) {
                // The scope stands there already, as it was sealed; a copy of the Secret would tell it.
                let is_scope = name.starts_with("sealedsecrets.bitnami.com/");
                if !is_scope && !name.ends_with(COPIES) {
                    own.set_entry(field, name, text);
                }
            }
        }
    }
    for (flag, field, texts) in [
        ("label", "labels", labels),
        ("annotation", "annotations", annotations),
    ] {
        for text in texts {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::new(format!("--{flag} {text}: not of the form KEY=VALUE"))
            })?;
            let mut wrong = label_key_errors(name);
            if flag == "label" {
                wrong.extend(label_value_errors(value));
            }
            if let Some(why) = wrong.into_iter().next() {
                return Err(Failure::new(format!("--{flag} {text}")).because(why));
            }
            if name.starts_with("sealedsecrets.bitnami.com/") && name.ends_with("-wide") {
                return Err(Failure::new(format!("--{flag} {text}"))
                    .because("the scope is sealed in, an annotation alone does not change it")
                    .hint("--scope sets it"));
            }
            own.set_entry(field, name, value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn what_is_asked_for_goes_to_the_sealed_secret_itself() {
        let mut secret = Metadata::named("a", "b");
        secret.set_entry("labels", "app", "shop");
        secret.set_entry(
            "annotations",
            "kubectl.kubernetes.io/last-applied-configuration",
            "planted",
        );
        secret.set_entry(
            "annotations",
            "sealedsecrets.bitnami.com/cluster-wide",
            "true",
        );
        let mut own = Metadata::named("a", "b");
        let annotations = texts(&["argocd.argoproj.io/sync-wave=-1", "note=a=b"]);
        own_metadata(&mut own, &secret, true, &texts(&["team=x"]), &annotations).unwrap();
        assert_eq!(
            own.to_value(),
            serde_json::json!({"name": "b", "namespace": "a",
                "labels": {"app": "shop", "team": "x"},
                "annotations": {"argocd.argoproj.io/sync-wave": "-1", "note": "a=b"}})
        );
    }

    #[test]
    fn what_the_server_would_refuse_is_refused() {
        for (label, annotation, wanted) in [
            ("team", "", "not of the form KEY=VALUE"),
            ("team=a b", "", "--label team=a b"),
            ("", "a b=c", "--annotation a b=c"),
            (
                "",
                "sealedsecrets.bitnami.com/cluster-wide=true",
                "the scope is sealed in",
            ),
        ] {
            let given = |text: &str| {
                if text.is_empty() {
                    vec![]
                } else {
                    vec![text.to_owned()]
                }
            };
            let mut own = Metadata::default();
            let failure = own_metadata(
                &mut own,
                &Metadata::default(),
                false,
                &given(label),
                &given(annotation),
            )
            .unwrap_err();
            assert!(failure.to_string().contains(wanted), "{failure}");
        }
    }
}
