//! The files that the story begins with: a GitOps repository as a team keeps it, and the key that its secret was sealed
//! for.

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$((
            $path,
            include_str!(concat!("../../../tests/cases/scenario/backstage-gitops/", $path)),
        )),*]
    };
}

/// The repository: paths and texts.
pub const SCENARIO: &[(&str, &str)] = files![
    "apps/backstage.yaml",
    "base/analysis-template.yaml",
    "base/httproute.yaml",
    "base/kustomization.yaml",
    "base/namespace.yaml",
    "base/rollout.yaml",
    "base/sealed-secret.yaml",
    "base/service.yaml",
    "overlays/production/kustomization.yaml",
    "overlays/production/patches/resources.yaml",
];

/// The key that the secret of the scenario was sealed for: made for examples, and known to everybody.
pub const SEALING_KEY: &str = include_str!("../../../tests/vectors/kubeseal/keys/primary.key");
/// Its certificate.
pub const CERTIFICATE: &str = include_str!("../../../tests/vectors/kubeseal/keys/primary.crt");
/// The password in the secret of the scenario, which the story's database accepts.
pub const FIRST_PASSWORD: &str = "first-good-password";
