//! The door to a cluster: the only user of the Kubernetes client.
