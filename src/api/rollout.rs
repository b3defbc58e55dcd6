//! `Rollout` and its siblings: names, annotations, and the spec as far as it is read by type.
//!
//! Mirrors `pkg/apis/rollouts/v1alpha1/types.go`. Reading is lenient: what is wrong is found by validation, so that it
//! can be told as a condition.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::object::{Gvk, Object};

/// The API group of all rollout kinds.
pub const GROUP: &str = "argoproj.io";
/// Their version.
pub const VERSION: &str = "v1alpha1";
/// The kind of rollouts.
pub const KIND: &str = "Rollout";

/// Label with the hash of the pod template, on ReplicaSets, pods, Services' selectors and analysis runs.
pub const HASH_LABEL: &str = "rollouts-pod-template-hash";
/// Annotation with the number of a revision.
pub const REVISION: &str = "rollout.argoproj.io/revision";
/// Annotation of a ReplicaSet: labels and annotations that were put into its pods for their part, as JSON.
pub const EPHEMERAL_METADATA: &str = "rollout.argoproj.io/ephemeral-metadata";
/// Annotation with the numbers that a ReplicaSet had before.
pub const REVISION_HISTORY: &str = "rollout.argoproj.io/revision-history";
/// Annotation of a ReplicaSet with the replicas of its Rollout when it was last scaled.
pub const DESIRED_REPLICAS: &str = "rollout.argoproj.io/desired-replicas";
/// Annotation of a ReplicaSet: when it is scaled down.
pub const SCALE_DOWN_DEADLINE: &str = "scale-down-deadline";
/// Annotation of a Service that a Rollout has taken over.
pub const MANAGED_BY: &str = "argo-rollouts.argoproj.io/managed-by-rollouts";

/// Replicas where the spec names none.
pub const DEFAULT_REPLICAS: i64 = 1;
/// How many old ReplicaSets are kept.
pub const DEFAULT_REVISION_HISTORY_LIMIT: i64 = 10;
/// Seconds without progress after which a rollout is degraded.
pub const DEFAULT_PROGRESS_DEADLINE_SECONDS: i64 = 600;
/// Seconds for which the old stable pods stay after a promotion by traffic routing.
pub const DEFAULT_SCALE_DOWN_DELAY_SECONDS: i64 = 30;
/// Seconds for which canary pods stay after an abort by traffic routing.
pub const DEFAULT_ABORT_SCALE_DOWN_DELAY_SECONDS: i64 = 30;

/// How many finished analysis runs of either outcome are kept.
pub const DEFAULT_RUN_HISTORY_LIMIT: usize = 5;

/// The kind of rollouts.
pub fn gvk() -> Gvk {
    Gvk::new(GROUP, VERSION, KIND)
}

/// What a Rollout asks for.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// How many pods; absent until the controller writes it.
    pub replicas: Option<i64>,
    /// Which pods are its own.
    pub selector: Option<Value>,
    /// Where the template comes from instead.
    pub workload_ref: Option<Value>,
    /// Seconds for which a pod must be ready to be available.
    pub min_ready_seconds: i64,
    /// How many old ReplicaSets are kept.
    pub revision_history_limit: Option<i64>,
    /// Seconds without progress after which it is degraded.
    pub progress_deadline_seconds: Option<i64>,
    /// Whether it is aborted then.
    pub progress_deadline_abort: bool,
    /// Whether a user has stopped it.
    pub paused: bool,
    /// Pods made before this instant are to be replaced.
    pub restart_at: Option<String>,
    /// Within how many revisions going back needs no steps.
    pub rollback_window: Option<RollbackWindow>,
    /// How many finished analysis runs are kept.
    pub analysis: Option<RunHistory>,
    /// How pods are replaced.
    pub strategy: Strategy,
}

/// Within how many revisions going back needs no steps.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct RollbackWindow {
    /// The number of revisions.
    pub revisions: i64,
}

/// How many finished analysis runs are kept.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct RunHistory {
    /// Successful ones, 5 where absent.
    pub successful_run_history_limit: Option<usize>,
    /// Others, 5 where absent.
    pub unsuccessful_run_history_limit: Option<usize>,
}

/// How pods are replaced: exactly one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// Step by step.
    pub canary: Option<Canary>,
    /// All at once, beside each other.
    pub blue_green: Option<Value>,
}

/// Step by step.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Canary {
    /// Service of the canary pods.
    pub canary_service: Option<String>,
    /// Service of the stable pods.
    pub stable_service: Option<String>,
    /// Pods above the replicas, number or percentage.
    pub max_surge: Option<Value>,
    /// Pods that may be missing, number or percentage.
    pub max_unavailable: Option<Value>,
    /// The steps, as written.
    pub steps: Option<Vec<Step>>,
    /// Analysis that runs beside the steps.
    pub analysis: Option<Analysis>,
    /// Seconds for which the old stable pods stay.
    pub scale_down_delay_seconds: Option<i64>,
    /// Seconds for which canary pods stay after an abort; 0 is for ever.
    pub abort_scale_down_delay_seconds: Option<i64>,
    /// Whether stable pods go as canary pods come.
    pub dynamic_stable_scale: bool,
    /// The fewest pods of a ReplicaSet that has any.
    pub min_pods_per_replica_set: Option<i64>,
    /// How many old ReplicaSets may wait for their scaling down; absent is all.
    pub scale_down_delay_revision_limit: Option<i64>,
    /// How many available pods complete a step; absent is all.
    pub replica_progress_threshold: Option<ProgressThreshold>,
    /// Who moves traffic.
    pub traffic_routing: Option<TrafficRouting>,
    /// Fields of other names.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// How many available pods complete a step.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct ProgressThreshold {
    /// [`ProgressThreshold::PERCENT`], or `Pods`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number; a negative one means all.
    pub value: i64,
}

impl ProgressThreshold {
    /// The value is a percentage of the pods that are wanted.
    pub const PERCENT: &str = "Percent";
}

/// Who moves traffic.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct TrafficRouting {
    /// Traefik's own kind.
    pub traefik: Option<Traefik>,
    /// By the key of a plugin.
    pub plugins: Map<String, Value>,
    /// The weight that means all traffic.
    pub max_traffic_weight: Option<i64>,
    /// Routers of other names.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Traefik's own kind.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Traefik {
    /// The TraefikService whose weights are set.
    pub weighted_traefik_service_name: String,
}

/// One step: exactly one field.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Step {
    /// Percent of traffic for the canary.
    pub set_weight: Option<i64>,
    /// Waits.
    pub pause: Option<Pause>,
    /// Runs pods and analysis beside.
    pub experiment: Option<Value>,
    /// Waits for an analysis.
    pub analysis: Option<Analysis>,
    /// Sets the canary's pods apart from its weight.
    pub set_canary_scale: Option<CanaryScale>,
    /// Routes by header.
    pub set_header_route: Option<Value>,
    /// Mirrors traffic.
    pub set_mirror_route: Option<Value>,
    /// Runs a plugin.
    pub plugin: Option<Value>,
}

/// Waits: for a time, or for a user.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Pause {
    /// Seconds, or a Go duration; absent is for ever.
    pub duration: Option<Value>,
}

/// Sets the canary's pods apart from its weight.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryScale {
    /// Percent of the replicas.
    pub weight: Option<i64>,
    /// A number of pods.
    pub replicas: Option<i64>,
    /// Back to the weight of the traffic.
    pub match_traffic_weight: bool,
}

/// Which analysis is run with which arguments.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Analysis {
    /// The recipes.
    pub templates: Vec<TemplateRef>,
    /// Their arguments.
    pub args: Vec<Argument>,
    /// Metrics that are measured without counting.
    pub dry_run: Vec<Value>,
    /// How many measurements are kept.
    pub measurement_retention: Vec<Value>,
    /// The step from which a background analysis runs.
    pub starting_step: Option<i64>,
    /// Labels and annotations of the run.
    pub analysis_run_metadata: Option<Value>,
}

/// Names a recipe.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateRef {
    /// Its name.
    pub template_name: String,
    /// Whether it is one of the whole cluster.
    pub cluster_scope: bool,
}

/// An argument of an analysis.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
    /// Where its value is found.
    pub value_from: Option<Value>,
}

impl Spec {
    /// Reads the spec of a Rollout.
    ///
    /// # Errors
    /// A text that names what is not of its type.
    pub fn of(rollout: &Object) -> Result<Self, String> {
        match rollout.at(&["spec"]) {
            Some(spec) => Self::deserialize(spec).map_err(|error| error.to_string()),
            None => Ok(Self::default()),
        }
    }

    /// The replicas, 1 where absent.
    pub fn replicas(&self) -> i64 {
        self.replicas.unwrap_or(DEFAULT_REPLICAS)
    }

    /// The deadline of progress in seconds.
    pub fn progress_deadline(&self) -> i64 {
        self.progress_deadline_seconds
            .unwrap_or(DEFAULT_PROGRESS_DEADLINE_SECONDS)
    }
}

impl Canary {
    /// The steps, none where absent.
    pub fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// The weight that means all traffic.
    pub fn max_weight(&self) -> i64 {
        self.traffic_routing
            .as_ref()
            .and_then(|routing| routing.max_traffic_weight)
            .unwrap_or(100)
    }
}

/// A length of time that is none, or negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Duration needs to be greater than 0")]
pub struct InvalidDuration;

impl Pause {
    /// Its length in whole seconds: `Ok(None)` is for ever.
    ///
    /// # Errors
    /// A duration that is none, or negative.
    pub fn seconds(&self) -> Result<Option<i64>, InvalidDuration> {
        let seconds = match &self.duration {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.parse().ok().or_else(|| {
                let seconds = crate::api::analysis::go_seconds(text)?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "parts of seconds are dropped"
                )]
                Some(seconds as i64)
            }),
            Some(_) => None,
        };
        match seconds {
            Some(seconds) if seconds >= 0 => Ok(Some(seconds)),
            _ => Err(InvalidDuration),
        }
    }
}
