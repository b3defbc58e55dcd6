//! The custom resource definitions of our own kinds, as `waxwing crd` prints them.

pub mod argo;

use serde_json::{Value, json};

/// The definition of `SealedSecret`: names, schema, status and printer columns as the Helm chart of
/// the original has them (`helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml`), values of
/// `spec.template.data` nullable as newer releases have them.
pub fn sealed_secret() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "sealedsecrets.bitnami.com"},
        "spec": {
            "group": "bitnami.com",
            "names": {
                "kind": "SealedSecret",
                "listKind": "SealedSecretList",
                "plural": "sealedsecrets",
                "singular": "sealedsecret",
            },
            "scope": "Namespaced",
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "additionalPrinterColumns": [
                    {"name": "Status", "type": "string", "jsonPath": ".status.conditions[0].message"},
                    {"name": "Synced", "type": "string", "jsonPath": ".status.conditions[0].status"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "schema": {"openAPIV3Schema": {
                    "description": "A Secret that only the controller of the cluster can open, safe to keep in Git.",
                    "type": "object",
                    "required": ["spec"],
                    "properties": {
                        "apiVersion": {
                            "description": "Version of this representation of the object.",
                            "type": "string",
                        },
                        "kind": {"description": "Kind of the object.", "type": "string"},
                        "metadata": {"type": "object"},
                        "spec": spec(),
                        "status": status(),
                    },
                }},
                "subresources": {"status": {}},
            }],
        },
    })
}

/// The definition of Argo CD's `Application`: names, columns, and no status subresource, as upstream has it
/// (`manifests/crds/application-crd.yaml`). Fields below `spec` are typed where this program reads them; others
/// are kept as they are.
pub fn application() -> Value {
    let open = |description: &str| {
        json!({
            "description": description,
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": true,
        })
    };
    let text = json!({"type": "string"});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "labels": {
                "app.kubernetes.io/name": "applications.argoproj.io",
                "app.kubernetes.io/part-of": "argocd",
            },
            "name": "applications.argoproj.io",
        },
        "spec": {
            "group": "argoproj.io",
            "names": {
                "kind": "Application",
                "listKind": "ApplicationList",
                "plural": "applications",
                "shortNames": ["app", "apps"],
                "singular": "application",
            },
            "scope": "Namespaced",
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "additionalPrinterColumns": [
                    {"name": "Sync Status", "type": "string", "jsonPath": ".status.sync.status"},
                    {"name": "Health Status", "type": "string", "jsonPath": ".status.health.status"},
                    {"name": "Revision", "type": "string", "jsonPath": ".status.sync.revision", "priority": 10},
                    {"name": "Project", "type": "string", "jsonPath": ".spec.project", "priority": 10},
                ],
                "schema": {"openAPIV3Schema": {
                    "description": "What of Git is to be applied where, and how that goes.",
                    "type": "object",
                    "required": ["metadata", "spec"],
                    "properties": {
                        "apiVersion": {"type": "string"},
                        "kind": {"type": "string"},
                        "metadata": {"type": "object"},
                        "operation": open("One sync that is asked for."),
                        "spec": {
                            "description": "Source, destination and policy.",
                            "type": "object",
                            "required": ["destination", "project"],
                            "x-kubernetes-preserve-unknown-fields": true,
                            "properties": {
                                "destination": {
                                    "type": "object",
                                    "properties": {"name": text, "namespace": text, "server": text},
                                },
                                "project": text,
                                "revisionHistoryLimit": {"format": "int64", "type": "integer"},
                            },
                        },
                        "status": open("How that goes."),
                    },
                }},
                "subresources": {},
            }],
        },
    })
}

fn spec() -> Value {
    json!({
        "description": "What is sealed, and the Secret that it opens to.",
        "type": "object",
        "required": ["encryptedData"],
        "properties": {
            "data": {
                "description": "Deprecated: all items sealed as one. Use encryptedData.",
                "format": "byte",
                "type": "string",
            },
            "encryptedData": {
                "description": "The sealed items by name, each for itself.",
                "type": "object",
                "additionalProperties": {"type": "string"},
                "x-kubernetes-preserve-unknown-fields": true,
            },
            "template": {
                "description": "The Secret that is made, but for its sealed items.",
                "type": "object",
                "properties": {
                    "data": {
                        "description": "Items rendered from templates over the opened ones; null leaves an item out.",
                        "type": "object",
                        "nullable": true,
                        "additionalProperties": {"type": "string", "nullable": true},
                    },
                    "immutable": {
                        "description": "Whether the Secret is made immutable.",
                        "type": "boolean",
                    },
                    "metadata": metadata(),
                    "type": {"description": "Type of the Secret.", "type": "string"},
                },
            },
        },
    })
}

fn metadata() -> Value {
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        "description": "Metadata of the Secret.",
        "type": "object",
        "nullable": true,
        "x-kubernetes-preserve-unknown-fields": true,
        "properties": {
            "annotations": texts,
            "finalizers": {"type": "array", "items": {"type": "string"}},
            "labels": texts,
            "name": {"type": "string"},
            "namespace": {"type": "string"},
        },
    })
}

fn status() -> Value {
    let time = |description: &str| json!({"description": description, "format": "date-time", "type": "string"});
    let text = |description: &str| json!({"description": description, "type": "string"});
    json!({
        "description": "What the controller last made of it.",
        "type": "object",
        "properties": {
            "conditions": {
                "description": "How opening it went; the first one is Synced.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["status", "type"],
                    "properties": {
                        "lastTransitionTime": time("When the status last changed."),
                        "lastUpdateTime": time("When the condition was last written."),
                        "message": text("What happened, for people."),
                        "reason": text("Why the status last changed, in one word."),
                        "status": text("True, False or Unknown."),
                        "type": text("What the condition is about, such as Synced."),
                    },
                },
            },
            "observedGeneration": {
                "description": "The generation that the conditions speak of.",
                "format": "int64",
                "type": "integer",
            },
        },
    })
}
