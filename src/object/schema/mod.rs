//! What is known of the fields of each kind: types, merge keys, list kinds.
