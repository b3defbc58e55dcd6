//! What the namespace of the controller says of all Applications: tracking, projects, and credentials of repositories.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::run::Applier;
use crate::{
    api::{
        application::{GROUP, IN_CLUSTER_NAME, IN_CLUSTER_SERVER, Spec, VERSION},
        base64,
    },
    cluster::{ClusterError, Selector},
    object::{Gvk, Object, ObjectRef},
    secret::Hidden,
    source::{Credentials, HostKeys, is_for, is_prefix, is_same},
    sync::{
        project::{self, Project},
        target::Targets,
        tracking::{Method, Tracking},
        window::{self, Subject},
    },
};

/// The ConfigMap of the settings.
const SETTINGS: &str = "argocd-cm";
/// The ConfigMap of the hosts that ssh trusts.
const KNOWN_HOSTS: &str = "argocd-ssh-known-hosts-cm";
/// The Secrets of repositories.
const CREDENTIALS: &str = "argocd.argoproj.io/secret-type in (repository,repo-creds)";

/// What holds for one Application.
pub(super) struct Config {
    pub tracking: Tracking,
    pub project: Project,
}

impl Applier {
    /// Reads what holds for an Application; the inner error is one of its spec.
    pub(super) async fn config(
        &self,
        app: &Object,
        spec: &Spec,
    ) -> Result<Result<Config, String>, ClusterError> {
        let settings = self.own("ConfigMap", SETTINGS).await?;
        let text = |name: &str| {
            let text = settings.as_ref()?.at(&["data", name])?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        let tracking = Tracking {
            app: self.tracked_name(app),
            method: match text("application.resourceTrackingMethod").as_deref() {
                Some("label") => Method::Label,
                Some("annotation+label") => Method::AnnotationAndLabel,
                _ => Method::Annotation,
            },
            label: text("application.instanceLabelKey"),
            installation: text("installationID").unwrap_or_default(),
        };
        let name = project_name(spec);
        let gvk = Gvk::new(GROUP, VERSION, "AppProject");
        let namespace = Some(self.settings.control_namespace.as_str());
        let found = self
            .cluster
            .get(&ObjectRef::new(gvk, namespace, name))
            .await?;
        let project = match found {
            Some(object) => Project::of(&object),
            None if name == project::DEFAULT => Ok(Project::open()),
            None => Err(format!(
                "Application referencing project {name} which does not exist"
            )),
        };
        Ok(project.map(|project| Config { tracking, project }))
    }

    /// The name by which the objects of an Application are marked.
    pub(super) fn tracked_name(&self, app: &Object) -> String {
        match app.namespace() {
            Some(namespace) if namespace != self.settings.control_namespace => {
                format!("{namespace}_{}", app.name())
            }
            _ => app.name().to_owned(),
        }
    }

    /// Gives the repository of a URL what it is to be asked with.
    pub(super) async fn authenticate(&self, url: &str, project: &str) -> Result<(), ClusterError> {
        let namespace = Some(self.settings.control_namespace.as_str());
        let secrets = Gvk::new("", "v1", "Secret");
        let listed = self
            .cluster
            .list(&secrets, namespace, &Selector::labels(CREDENTIALS))
            .await;
        let listed = match listed {
            Ok(listed) => listed.objects,
            // Where Secrets may not be read, there are no credentials.
            Err(error) if !error.is_transient() => Vec::new(),
            Err(error) => return Err(error),
        };
        let known = listed
            .iter()
            .filter(|secret| {
                let own = item(secret, "project");
                own.is_none_or(|own| own.expose().is_empty() || own.expose() == project)
            })
            .filter_map(|secret| Some((secret, item(secret, "url")?)));
        let mut best: Option<(usize, &Object)> = None;
        for (secret, own) in known {
            let own = own.expose();
            let is_exact = secret.label("argocd.argoproj.io/secret-type") == Some("repository");
            let rank = match is_exact {
                true if is_for(own, url) => usize::MAX,
                false if is_prefix(own, url) => own.len(),
                _ => continue,
            };
            if best.is_none_or(|(before, _)| rank > before) {
                best = Some((rank, secret));
            }
        }
        let credentials = match best {
            Some((_, secret)) => Some(self.credentials(secret).await?),
            None => None,
        };
        self.git.authenticate(url, credentials).await;
        Ok(())
    }

    async fn credentials(&self, secret: &Object) -> Result<Credentials, ClusterError> {
        let is_on = |name: &str| item(secret, name).is_some_and(|text| text.expose() == "true");
        let ssh_key = item(secret, "sshPrivateKey");
        let host_keys = if is_on("insecureIgnoreHostKey") || is_on("insecure") {
            HostKeys::Any
        } else if ssh_key.is_some() {
            let hosts = self.own("ConfigMap", KNOWN_HOSTS).await?;
            let lines = hosts.as_ref().and_then(|hosts| {
                let lines = hosts.at(&["data", "ssh_known_hosts"])?;
                lines.as_str().map(str::to_owned)
            });
            lines.map_or(HostKeys::Own, HostKeys::Known)
        } else {
            HostKeys::Own
        };
        Ok(Credentials {
            username: item(secret, "username")
                .map_or_else(String::new, |name| name.expose().clone()),
            password: item(secret, "password"),
            bearer_token: item(secret, "bearerToken"),
            ssh_key,
            host_keys,
        })
    }

    /// An object of the namespace of the controller.
    pub(super) async fn own(&self, kind: &str, name: &str) -> Result<Option<Object>, ClusterError> {
        let namespace = Some(self.settings.control_namespace.as_str());
        let target = ObjectRef::new(Gvk::new("", "v1", kind), namespace, name);
        self.cluster.get(&target).await
    }
}

/// The project of an Application.
pub(super) fn project_name(spec: &Spec) -> &str {
    if spec.project.is_empty() {
        project::DEFAULT
    } else {
        &spec.project
    }
}

impl Config {
    /// Why an Application may not do what its spec says.
    pub(super) fn refusal(&self, spec: &Spec, urls: &[&str]) -> Option<String> {
        let name = project_name(spec);
        for url in urls {
            if !self.project.allows_source(url, is_same) {
                let url = crate::source::scrub(url);
                return Some(format!(
                    "application repo {url} is not permitted in project '{name}'"
                ));
            }
        }
        let namespace = &spec.destination.namespace;
        let is_allowed =
            self.project
                .allows_destination(IN_CLUSTER_SERVER, IN_CLUSTER_NAME, namespace);
        (!is_allowed).then(|| {
            format!(
                "application destination server '{IN_CLUSTER_SERVER}' and namespace '{namespace}' do not match any of the allowed destinations in project '{name}'"
            )
        })
    }

    /// Why an object of Git may not be applied.
    pub(super) fn forbidden(&self, spec: &Spec, targets: &Targets) -> Option<String> {
        let name = project_name(spec);
        targets.objects.iter().find_map(|object| {
            let gvk = object.gvk();
            let namespace = object.namespace();
            if !self
                .project
                .allows_kind(&gvk.group, &gvk.kind, namespace.is_some())
            {
                return Some(format!(
                    "resource {}:{} is not permitted in project {name}",
                    gvk.group, gvk.kind
                ));
            }
            let namespace = namespace?;
            let is_allowed =
                self.project
                    .allows_destination(IN_CLUSTER_SERVER, IN_CLUSTER_NAME, namespace);
            (!is_allowed)
                .then(|| format!("namespace {namespace} is not permitted in project '{name}'"))
        })
    }

    /// Whether the windows of the project are open.
    pub(super) fn is_open(
        &self,
        app: &Object,
        spec: &Spec,
        is_manual: bool,
        now: Timestamp,
    ) -> bool {
        let subject = Subject {
            app: app.name(),
            namespace: &spec.destination.namespace,
            clusters: &[IN_CLUSTER_SERVER, IN_CLUSTER_NAME],
        };
        let zone = |name: &str| TimeZone::get(name).ok();
        window::allows(&self.project.sync_windows, &subject, is_manual, now, zone)
    }
}

/// One item of a Secret.
fn item(secret: &Object, name: &str) -> Option<Hidden<String>> {
    let encoded = secret.at(&["data", name]).and_then(Value::as_str)?;
    let bytes = base64::decode(encoded).ok()?;
    String::from_utf8(bytes).ok().map(Hidden::new)
}
