//! Reading what kubectl reads, the way kubectl reads it, and writing what `sigs.k8s.io/yaml` writes.
