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
