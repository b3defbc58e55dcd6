//! Steps of a sync.
