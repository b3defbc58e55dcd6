//! Patches, written once for kustomize, sync and the embedded server.
