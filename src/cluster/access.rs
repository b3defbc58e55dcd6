//! Which cluster, and as whom: kubeconfigs with what the command line changes of them.

use std::{path::Path, time::Duration};

use kube::{
    Client,
    config::{
        AuthInfo, Cluster, Config, Context, KubeConfigOptions, Kubeconfig, KubeconfigError,
        NamedAuthInfo, NamedCluster, NamedContext,
    },
};

use crate::secret::Hidden;

/// Why there is no way to a cluster.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No kubeconfig, no server by flag, and not inside a cluster.
    #[error("no configuration has been provided")]
    Nothing,
    /// Something that was asked for is not in the kubeconfigs.
    #[error("{what} {name:?} does not exist")]
    Missing {
        /// `context`, `cluster` or `auth info`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A kubeconfig cannot be used.
    #[error("invalid configuration: {}", causes(.0))]
    Kubeconfig(#[from] KubeconfigError),
    /// The client cannot be made of it.
    #[error("cannot connect: {}", causes(.0))]
    Client(#[from] kube::Error),
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// Kubeconfig files, in the order of their weight, and what stands over them.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field is the kubectl flag of its name")]
pub struct Access {
    /// Files that are there; the first that says a thing is right.
    pub files: Vec<String>,
    pub context: Option<String>,
    pub cluster: Option<String>,
    pub user: Option<String>,
    pub server: Option<String>,
    pub tls_server_name: Option<String>,
    pub insecure_skip_tls_verify: bool,
    pub certificate_authority: Option<String>,
    pub client_certificate: Option<String>,
    pub client_key: Option<String>,
    pub token: Option<Hidden<String>>,
    pub username: Option<String>,
    pub password: Option<Hidden<String>>,
    pub impersonate: Option<String>,
    pub impersonate_groups: Vec<String>,
    pub impersonate_uid: Option<String>,
    pub timeout: Option<Duration>,
    pub proxy_url: Option<String>,
}

/// A client and the address that it speaks to.
#[derive(Clone)]
pub struct Connection {
    /// The client.
    pub client: Client,
    /// Address of the API server, without a slash at its end.
    pub server: String,
}

impl Access {
    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`AccessError`] says what is missing or unusable.
    pub async fn connect(&self) -> Result<Connection, AccessError> {
        let mut config = match self.kubeconfig()? {
            Some(kubeconfig) => {
                let chosen = KubeConfigOptions {
                    context: self.context.clone(),
                    cluster: self.cluster.clone(),
                    user: self.user.clone(),
                };
                Config::from_custom_kubeconfig(kubeconfig, &chosen).await?
            }
            None => Config::incluster().map_err(|_| AccessError::Nothing)?,
        };
        if let Some(timeout) = self.timeout {
            config.connect_timeout = Some(timeout);
            config.read_timeout = Some(timeout);
        }
        // Each answer is wanted as it is, a refusal for too many requests too.
        config.default_retry = false;
        let server = config
            .cluster_url
            .to_string()
            .trim_end_matches('/')
            .to_owned();
        let client = Client::try_from(config)?;
        Ok(Connection { client, server })
    }

    /// The merged kubeconfigs with the overrides written in; `None` when there is nothing at all.
    fn kubeconfig(&self) -> Result<Option<Kubeconfig>, AccessError> {
        let mut merged = Kubeconfig::default();
        for file in &self.files {
            merged = merged.merge(Kubeconfig::read_from(Path::new(file))?)?;
        }
        if merged.clusters.is_empty() && merged.contexts.is_empty() {
            let Some(server) = &self.server else {
                return Ok(None);
            };
            merged = only_server(server);
        }
        let context_name = self
            .context
            .clone()
            .or_else(|| merged.current_context.clone())
            .unwrap_or_default();
        let context = merged
            .contexts
            .iter()
            .find(|named| named.name == context_name)
            .and_then(|named| named.context.clone())
            .ok_or(AccessError::Missing {
                what: "context",
                name: context_name,
            })?;
        let cluster_name = self.cluster.clone().unwrap_or(context.cluster);
        let cluster = merged
            .clusters
            .iter_mut()
            .find(|named| named.name == cluster_name)
            .ok_or(match &self.cluster {
                Some(_) => AccessError::Missing {
                    what: "cluster",
                    name: cluster_name,
                },
                // As in client-go, a context that leads nowhere is as good as no configuration.
                None => AccessError::Nothing,
            })?;
        self.change_cluster(cluster.cluster.get_or_insert_default());
        let user_name = self.user.clone().or(context.user).unwrap_or_default();
        match merged
            .auth_infos
            .iter_mut()
            .find(|named| named.name == user_name)
        {
            Some(user) => self.change_user(user.auth_info.get_or_insert_default()),
            None if self.user.is_some() => {
                return Err(AccessError::Missing {
                    what: "auth info",
                    name: user_name,
                });
            }
            None => {
                let mut user = AuthInfo::default();
                self.change_user(&mut user);
                merged.auth_infos.push(NamedAuthInfo {
                    name: user_name,
                    auth_info: Some(user),
                    ..NamedAuthInfo::default()
                });
            }
        }
        Ok(Some(merged))
    }

    fn change_cluster(&self, cluster: &mut Cluster) {
        if let Some(server) = &self.server {
            cluster.server = Some(server.clone());
        }
        if let Some(name) = &self.tls_server_name {
            cluster.tls_server_name = Some(name.clone());
        }
        if self.insecure_skip_tls_verify {
            cluster.insecure_skip_tls_verify = Some(true);
            cluster.certificate_authority = None;
            cluster.certificate_authority_data = None;
        }
        if let Some(file) = &self.certificate_authority {
            cluster.certificate_authority = Some(file.clone());
            cluster.certificate_authority_data = None;
        }
        if let Some(url) = &self.proxy_url {
            cluster.proxy_url = Some(url.clone());
        }
    }

    fn change_user(&self, user: &mut AuthInfo) {
        if let Some(file) = &self.client_certificate {
            user.client_certificate = Some(file.clone());
            user.client_certificate_data = None;
        }
        if let Some(file) = &self.client_key {
            user.client_key = Some(file.clone());
            user.client_key_data = None;
        }
        if let Some(token) = &self.token {
            user.token = Some(token.expose().clone().into());
            user.token_file = None;
        }
        if let Some(name) = &self.username {
            user.username = Some(name.clone());
        }
        if let Some(password) = &self.password {
            user.password = Some(password.expose().clone().into());
        }
        if let Some(other) = &self.impersonate {
            user.impersonate = Some(other.clone());
        }
        if !self.impersonate_groups.is_empty() {
            user.impersonate_groups = Some(self.impersonate_groups.clone());
        }
        if let Some(uid) = &self.impersonate_uid {
            user.impersonate_uid = Some(uid.clone());
        }
    }
}

/// A kubeconfig that says nothing but where the server is.
fn only_server(server: &str) -> Kubeconfig {
    let name = String::new();
    Kubeconfig {
        clusters: vec![NamedCluster {
            name: name.clone(),
            cluster: Some(Cluster {
                server: Some(server.to_owned()),
                ..Cluster::default()
            }),
            ..NamedCluster::default()
        }],
        contexts: vec![NamedContext {
            name: name.clone(),
            context: Some(Context::default()),
            ..NamedContext::default()
        }],
        current_context: Some(name),
        ..Kubeconfig::default()
    }
}
