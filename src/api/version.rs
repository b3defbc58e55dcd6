//! Names that stand on objects for the canary of a secret: annotations and labels of ours.

/// Beginning of every name of ours; a template of a SealedSecret cannot carry one.
pub const PREFIX: &str = "waxwing.dev/";

/// Annotation of a SealedSecret: its changes are delivered as versions; only the value `true` counts.
pub const CANARY: &str = "waxwing.dev/canary";
/// Annotation of a SealedSecret: with `0`, versions go as soon as no pod reads them.
pub const CANARY_HISTORY: &str = "waxwing.dev/canary-history";

/// Label of a version: the name of its secret, or a short form of it where it is too long for a label.
pub const SECRET: &str = "waxwing.dev/secret";
/// Annotation of a version: the whole name of its secret, where the label has a short form.
pub const SECRET_NAME: &str = "waxwing.dev/secret-name";
/// Label of a version, and annotation of the plain Secret: the number.
pub const VERSION: &str = "waxwing.dev/version";
/// Label of the version that the plain Secret holds.
pub const PROMOTED: &str = "waxwing.dev/promoted";
/// Label of the version that the SealedSecret asks for; on the plain Secret an annotation with its number.
pub const DESIRED: &str = "waxwing.dev/desired";
/// Annotation: SHA-256 of the sealed, public input that a version was opened from. On a ReplicaSet, JSON: for each
/// secret that its pods read, the same of what they read.
pub const SEALED_FROM: &str = "waxwing.dev/sealed-from";
/// Annotation: the highest number that was ever given.
pub const LAST_VERSION: &str = "waxwing.dev/last-version";
/// Annotation of a version: ReplicaSets that name the plain Secret count as made with it.
pub const ADOPTED: &str = "waxwing.dev/adopted";
/// Annotation of a version: some ReplicaSet has named it.
pub const GIVEN: &str = "waxwing.dev/given";
/// Annotation of a version: who has rejected it, as JSON.
pub const REJECTED: &str = "waxwing.dev/rejected";
/// Annotation of a version: somebody asks for its promotion though no Rollout reads it.
pub const PROMOTE: &str = "waxwing.dev/promote";
/// Annotation of a Rollout: the versions that it keeps until their SealedSecrets change, as JSON.
pub const PIN: &str = "waxwing.dev/pin";

/// The value of a label or annotation that counts as set.
pub const TRUE: &str = "true";

/// Condition of a SealedSecret: whether the version that it asks for is the promoted one.
pub const CONDITION: &str = "Promoted";

/// Reasons of the condition.
pub mod reason {
    /// The desired version is promoted.
    pub const PROMOTED: &str = "Promoted";
    /// It is on its way.
    pub const PROGRESSING: &str = "Progressing";
    /// A Rollout was aborted on it.
    pub const REJECTED: &str = "Rejected";
    /// A Rollout makes no progress on it.
    pub const STALLED: &str = "Stalled";
    /// The plain Secret is not owned by the SealedSecret, so that nothing is delivered as versions.
    pub const NOT_OWNED: &str = "NotOwned";
    /// The plain Secret is shared by `patch`, so that nothing is delivered as versions.
    pub const PATCHED: &str = "Patched";
    /// Pods read a version that is gone for good.
    pub const LOST: &str = "Lost";
}

/// Reasons of events.
pub mod event {
    /// A version was written.
    pub const CREATED: &str = "SecretVersionCreated";
    /// The plain Secret took a version.
    pub const PROMOTED: &str = "SecretVersionPromoted";
    /// A Rollout was aborted on a version.
    pub const REJECTED: &str = "SecretVersionRejected";
    /// A version is gone for good.
    pub const LOST: &str = "SecretVersionLost";
    /// A rejected version applies, for its SealedSecret is opted out.
    pub const APPLIES: &str = "SecretVersionApplies";
    /// The opt-in has no effect here.
    pub const NOT_HONOURED: &str = "CanaryNotHonoured";
}
