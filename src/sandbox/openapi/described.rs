//! The kinds whose descriptions are known: one row a version of a group.

use k8s_openapi::schemars::SchemaGenerator;

/// Adds a kind, with all that it refers to, to the definitions of a generator.
pub(super) type Describe = fn(&mut SchemaGenerator);

macro_rules! kinds {
    ($($prefix:literal, $($module:ident)::+: $($kind:ident)+;)+) => {
        kinds!(@rows [] $($prefix, [$($module)::+], $($kind)+;)+);
    };
    (@rows [$($done:tt)*]) => {
        /// By the name of the definition, in no order.
        pub(super) const DESCRIBED: &[(&str, Describe)] = &[$($done)*];
    };
    (@rows [$($done:tt)*] $prefix:literal, [$($module:ident)::+], ; $($rest:tt)*) => {
        kinds!(@rows [$($done)*] $($rest)*);
    };
    (@rows [$($done:tt)*] $prefix:literal, [$($module:ident)::+], $kind:ident $($kinds:ident)*; $($rest:tt)*) => {
        kinds!(@rows [
            $($done)*
            (
                concat!($prefix, ".", stringify!($kind)),
                |generator| drop(generator.subschema_for::<$($module)::+::$kind>()),
            ),
        ] $prefix, [$($module)::+], $($kinds)*; $($rest)*);
    };
}

kinds! {
    "io.k8s.api.core.v1", k8s_openapi::api::core::v1: Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount;
    "io.k8s.api.authentication.v1", k8s_openapi::api::authentication::v1: SelfSubjectReview TokenRequest TokenReview;
    "io.k8s.api.autoscaling.v1", k8s_openapi::api::autoscaling::v1: HorizontalPodAutoscaler Scale;
    "io.k8s.api.policy.v1", k8s_openapi::api::policy::v1: Eviction PodDisruptionBudget;
    "io.k8s.api.admissionregistration.v1", k8s_openapi::api::admissionregistration::v1: MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration;
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1", k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1: CustomResourceDefinition;
    "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1", k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1: APIService;
    "io.k8s.api.apps.v1", k8s_openapi::api::apps::v1: ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet;
    "io.k8s.api.authorization.v1", k8s_openapi::api::authorization::v1: LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview;
    "io.k8s.api.autoscaling.v2", k8s_openapi::api::autoscaling::v2: HorizontalPodAutoscaler;
    "io.k8s.api.batch.v1", k8s_openapi::api::batch::v1: CronJob Job;
    "io.k8s.api.certificates.v1", k8s_openapi::api::certificates::v1: CertificateSigningRequest ClusterTrustBundle PodCertificateRequest;
    "io.k8s.api.coordination.v1", k8s_openapi::api::coordination::v1: Lease;
    "io.k8s.api.discovery.v1", k8s_openapi::api::discovery::v1: EndpointSlice;
    "io.k8s.api.events.v1", k8s_openapi::api::events::v1: Event;
    "io.k8s.api.flowcontrol.v1", k8s_openapi::api::flowcontrol::v1: FlowSchema PriorityLevelConfiguration;
    "io.k8s.api.networking.v1", k8s_openapi::api::networking::v1: IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR;
    "io.k8s.api.node.v1", k8s_openapi::api::node::v1: RuntimeClass;
    "io.k8s.api.rbac.v1", k8s_openapi::api::rbac::v1: ClusterRole ClusterRoleBinding Role RoleBinding;
    "io.k8s.api.resource.v1", k8s_openapi::api::resource::v1: DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice;
    "io.k8s.api.scheduling.v1", k8s_openapi::api::scheduling::v1: PriorityClass;
    "io.k8s.api.storage.v1", k8s_openapi::api::storage::v1: CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass;
    "io.k8s.api.storagemigration.v1", k8s_openapi::api::storagemigration::v1: StorageVersionMigration;
    "io.k8s.apimachinery.pkg.apis.meta.v1", k8s_openapi::apimachinery::pkg::apis::meta::v1: DeleteOptions ListMeta ObjectMeta Patch Status;
}
