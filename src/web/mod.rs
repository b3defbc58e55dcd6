//! The door to the web: a certificate by URL, a metric query.
