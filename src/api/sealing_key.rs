//! Names that stand on the Secrets of sealing keys: the life cycle of a key, told by labels and annotations of ours.
//!
//! The label of the original ([`super::sealed_secret::KEY_LABEL`]) stays `active` on every key that opens, so that
//! going back to it loses nothing.

/// Label of a key Secret: where the key is in its life; absent on keys that somebody else made.
pub const KEY_STATE: &str = "waxwing.dev/key-state";

/// The values of [`KEY_STATE`].
pub mod state {
    /// Opens, and is not sealed for yet.
    pub const STAGED: &str = "staged";
    /// Opens, and is sealed for if it is the newest of these.
    pub const CURRENT: &str = "current";
    /// Opens what was sealed for it, and is not sealed for any more.
    pub const RETIRED: &str = "retired";
    /// In wrong hands: neither opens nor is sealed for.
    pub const COMPROMISED: &str = "compromised";
}

/// The value of the original's label on a key in wrong hands: any value but `active` keeps it from loading the key.
pub const KEY_LABEL_COMPROMISED: &str = "compromised";

/// Annotation of a staged key: the instant from which it is current, RFC 3339. Without it a person decides.
pub const CURRENT_FROM: &str = "waxwing.dev/current-from";
/// Annotation of a key: when it was last written to an encrypted backup, RFC 3339.
pub const BACKED_UP_AT: &str = "waxwing.dev/backed-up-at";
/// Annotation of a retired or compromised key: why, in the words of the one who did it.
pub const REASON: &str = "waxwing.dev/key-state-reason";

/// `type` of a key Secret.
pub const SECRET_TYPE: &str = "kubernetes.io/tls";
/// Item of a key Secret with the private key, PEM.
pub const PRIVATE_KEY_ITEM: &str = "tls.key";
/// Item of a key Secret with the certificate, PEM.
pub const CERTIFICATE_ITEM: &str = "tls.crt";
