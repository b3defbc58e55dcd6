//! What a kubelet and the workload controllers would do, decided without doing it.
