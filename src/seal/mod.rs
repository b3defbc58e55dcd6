//! Sealing and unsealing: the only place that knows the ciphertext.
