//! What the flags mean.

use super::flags::Given;
use crate::seal::Scope;

/// What the flags ask for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub cert: String,
    pub controller_namespace: String,
    pub controller_name: String,
    pub format: String,
    pub sealed_secret_file: String,
    pub secret_file: String,
    pub fetch_cert: bool,
    pub allow_empty_data: bool,
    pub validate: bool,
    pub merge_into: String,
    pub raw: bool,
    pub name: String,
    pub from_file: Vec<String>,
    pub scope: Scope,
    pub re_encrypt: bool,
    pub recovery_unseal: bool,
    pub recovery_private_key: Vec<String>,
    pub help: bool,
    pub version: bool,
    pub cluster: ClusterFlags,
}

/// The flags that say which cluster, and as whom.
#[derive(Clone, Debug, Default)]
pub struct ClusterFlags {
    pub kubeconfig: String,
    pub namespace: String,
    pub context: String,
    pub cluster: String,
    pub user: String,
    pub server: String,
    pub tls_server_name: String,
    pub insecure_skip_tls_verify: bool,
    pub certificate_authority: String,
    pub client_certificate: String,
    pub client_key: String,
    pub token: String,
    pub username: String,
    pub password: String,
    pub impersonate: String,
    pub impersonate_groups: Vec<String>,
    pub impersonate_uid: String,
    pub request_timeout: String,
    pub proxy_url: String,
}

/// Prefixes that clientcmd takes off a namespace.
const NAMESPACE_PREFIXES: &[&str] = &["namespaces/", "namespace/", "ns/"];

impl Options {
    /// From flags as typed to flags as meant.
    pub fn of(given: &Given) -> Self {
        let text = |name: &str| given.text(name).unwrap_or("").to_owned();
        let or = |name: &str, default: &str| given.text(name).unwrap_or(default).to_owned();
        let mut namespace = text("namespace");
        if let Some(bare) = NAMESPACE_PREFIXES
            .iter()
            .find_map(|prefix| namespace.strip_prefix(prefix))
        {
            namespace = bare.to_owned();
        }
        Self {
            cert: text("cert"),
            controller_namespace: or("controller-namespace", "kube-system"),
            controller_name: or("controller-name", "sealed-secrets-controller"),
            format: or("format", "json"),
            sealed_secret_file: text("sealed-secret-file"),
            secret_file: text("secret-file"),
            fetch_cert: given.is_set("fetch-cert"),
            allow_empty_data: given.is_set("allow-empty-data"),
            validate: given.is_set("validate"),
            merge_into: text("merge-into"),
            raw: given.is_set("raw"),
            name: text("name"),
            from_file: given.texts("from-file"),
            // The flag's check has let only scopes through.
            scope: text("scope").parse().unwrap_or_default(),
            re_encrypt: given.is_set("re-encrypt") || given.is_set("rotate"),
            recovery_unseal: given.is_set("recovery-unseal"),
            recovery_private_key: given.texts("recovery-private-key"),
            help: given.is_set("help"),
            version: given.is_set("version"),
            cluster: ClusterFlags {
                kubeconfig: text("kubeconfig"),
                namespace,
                context: text("context"),
                cluster: text("cluster"),
                user: text("user"),
                server: text("server"),
                tls_server_name: text("tls-server-name"),
                insecure_skip_tls_verify: given.is_set("insecure-skip-tls-verify"),
                certificate_authority: text("certificate-authority"),
                client_certificate: text("client-certificate"),
                client_key: text("client-key"),
                token: text("token"),
                username: text("username"),
                password: text("password"),
                impersonate: text("as"),
                impersonate_groups: given.texts("as-group"),
                impersonate_uid: text("as-uid"),
                request_timeout: text("request-timeout"),
                proxy_url: text("proxy-url"),
            },
        }
    }
}
