//! What the commands that seal share: which certificate is sealed for, and where it comes from.

use std::{collections::BTreeMap, path::Path};

use super::{
    Env, Failure,
    kubeseal::{self, ClusterFlags, Options},
    seal_config::{Config, Rule},
    whole_file::{MAX_KEY_BYTES, read},
};
use crate::{clock::Clock, seal::Certificate, secret::without_password};

/// Which certificate is sealed for. Without any of these `.waxwing.yaml` says it, else the controller of the cluster.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Certificate")]
pub struct CertificateArgs {
    /// Certificate to seal for: a file, or a URL together with --fingerprint.
    #[arg(long, value_name = "FILE|URL")]
    cert: Option<String>,
    /// The certificate must have this fingerprint (`waxwing cert` shows it).
    #[arg(long, value_name = "SHA256:…")]
    fingerprint: Option<String>,
    /// Seal even where `.waxwing.yaml` wants another certificate.
    #[arg(long)]
    no_config: bool,
    #[command(flatten)]
    controller: ControllerArgs,
}

/// Where the controller is that gives its certificate and is asked.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub struct ControllerArgs {
    /// Namespace of the controller's Service [default: kube-system].
    #[arg(long, value_name = "NAME")]
    controller_namespace: Option<String>,
    /// Name of the controller's Service [default: sealed-secrets-controller].
    #[arg(long, value_name = "NAME")]
    controller_name: Option<String>,
    /// The cluster; without it KUBECONFIG, the file in the home folder, or the service account of the pod.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
    /// Context of the kubeconfig.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl ControllerArgs {
    /// The options that `kubeseal` would have for the same controller; what is not typed comes from a rule.
    ///
    /// # Errors
    /// Another context is typed than the rule has.
    pub(super) fn options(&self, rule: Option<&Rule>) -> Result<Options, Failure> {
        let context = match (&self.context, rule.and_then(|rule| rule.context.as_ref())) {
            (Some(typed), Some(wanted)) if typed != wanted => {
                return Err(Failure::new(format!(
                    "--context {typed}: {} wants context {wanted} here",
                    rule.map(|rule| rule.place.as_str()).unwrap_or_default()
                ))
                .hint("--no-config goes against it"));
            }
            (typed, wanted) => typed.as_ref().or(wanted),
        };
        let from = |typed: &Option<String>, wanted: Option<&String>, default: &str| {
            typed
                .clone()
                .or_else(|| wanted.cloned())
                .unwrap_or_else(|| default.to_owned())
        };
        Ok(Options {
            controller_namespace: from(
                &self.controller_namespace,
                rule.and_then(|rule| rule.controller_namespace.as_ref()),
                "kube-system",
            ),
            controller_name: from(
                &self.controller_name,
                rule.and_then(|rule| rule.controller_name.as_ref()),
                "sealed-secrets-controller",
            ),
            cluster: ClusterFlags {
                kubeconfig: self.kubeconfig.clone().unwrap_or_default(),
                context: context.cloned().unwrap_or_default(),
                ..ClusterFlags::default()
            },
            ..Options::default()
        })
    }
}

/// The certificates of a run: each is fetched once.
#[derive(Debug)]
pub(super) struct Certificates {
    args: CertificateArgs,
    configs: Config,
    known: BTreeMap<String, Certificate>,
}

impl CertificateArgs {
    /// Ready to find certificates.
    pub(super) fn certificates(&self, _env: &Env) -> Certificates {
        Certificates {
            args: self.clone(),
            configs: Config::default(),
            known: BTreeMap::new(),
        }
    }

    /// Whether the command line says by itself where the certificate comes from.
    pub(super) fn is_typed(&self) -> bool {
        let controller = &self.controller;
        self.cert.is_some()
            || [
                &controller.context,
                &controller.kubeconfig,
                &controller.controller_name,
            ]
            .iter()
            .any(|flag| flag.is_some())
    }

    /// The controller that is meant.
    pub(super) fn controller(&self) -> &ControllerArgs {
        &self.controller
    }

    /// The namespace of the kubeconfig's context.
    ///
    /// # Errors
    /// The kubeconfig cannot be read.
    pub(super) fn namespace(&self, rule: Option<&Rule>) -> Result<String, Failure> {
        let options = self.controller.options(rule)?;
        let found = kubeseal::namespace(&options.cluster, &kubeseal::environment)?;
        Ok(found.unwrap_or_else(|| "default".to_owned()))
    }
}

impl Certificates {
    /// The rule of `.waxwing.yaml` for a folder.
    ///
    /// # Errors
    /// The file is wrong.
    pub(super) fn rule(&mut self, folder: &Path) -> Result<Option<Rule>, Failure> {
        if self.args.no_config {
            return Ok(None);
        }
        self.configs.rule(folder)
    }

    /// The certificate that is sealed for in a folder, valid today and as pinned.
    ///
    /// # Errors
    /// It is not to be had, has expired, or is another than the one that is wanted there.
    pub(super) fn of(&mut self, folder: &Path) -> Result<Certificate, Failure> {
        let rule = self.rule(folder)?;
        let rule = rule.as_ref();
        let pin = self.pin(rule)?;
        let wanted = rule.and_then(|rule| rule.certificate.as_deref());
        let certificate = match (&self.args.cert, wanted) {
            (Some(typed), _) => self.from(&typed.clone(), pin.is_some())?,
            (None, Some(wanted)) => self.from(wanted, pin.is_some())?,
            (None, None) => self.of_controller(rule)?,
        };
        let found = certificate.fingerprint().to_string();
        if let Some((pin, whose)) = &pin {
            if *pin != found {
                return Err(Failure::new(format!(
                    "the certificate is {found}, but {whose} wants {pin}"
                ))
                .hint("a renewed key has another certificate: compare it, then pin the new one")
                .hint("a certificate of another cluster must not be sealed for here"));
            }
        } else if let (Some(_), Some(rule)) = (&self.args.cert, rule) {
            self.must_agree(&found, rule)?;
        }
        let now = Clock::wall().now();
        certificate.usable_at(now).map_err(|error| {
            Failure::new(error.to_string()).hint("fetch the newest with `waxwing cert`")
        })
    }

    /// A certificate on the command line must be the one that the rule has.
    fn must_agree(&mut self, found: &str, rule: &Rule) -> Result<(), Failure> {
        let refused = |why: String| {
            Err(Failure::new(why)
                .hint("leave out --cert, or seal against the configuration with --no-config"))
        };
        match (&rule.certificate, &rule.context) {
            (Some(wanted), _) => {
                let wanted = self.from(wanted, false)?.fingerprint().to_string();
                if wanted == found {
                    return Ok(());
                }
                refused(format!(
                    "--cert is {found}, but {} wants {wanted} here",
                    rule.place
                ))
            }
            (None, Some(context)) => refused(format!(
                "--cert: {} wants the certificate of context {context} here",
                rule.place
            )),
            (None, None) => Ok(()),
        }
    }

    /// The fingerprint that is wanted, and who wants it.
    fn pin(&self, rule: Option<&Rule>) -> Result<Option<(String, String)>, Failure> {
        let typed = self.args.fingerprint.as_deref().map(checked).transpose()?;
        let ruled = rule.and_then(|rule| {
            let pin = rule.fingerprint.clone()?;
            Some((pin, rule.place.clone()))
        });
        match (typed, ruled) {
            (Some(typed), Some((pin, place))) if typed != pin => Err(Failure::new(format!(
                "--fingerprint {typed}: {place} wants {pin} here"
            ))
            .hint("--no-config goes against it")),
            (Some(typed), _) => Ok(Some((typed, "--fingerprint".to_owned()))),
            (None, ruled) => Ok(ruled),
        }
    }

    fn from(&mut self, source: &str, pinned: bool) -> Result<Certificate, Failure> {
        if let Some(known) = self.known.get(source) {
            return Ok(known.clone());
        }
        let is_url = source.starts_with("http://") || source.starts_with("https://");
        if is_url && !pinned {
            return Err(Failure::new(format!(
                "{}: a certificate by URL needs its fingerprint",
                without_password(source)
            ))
            .hint("whoever sits in between would choose who can read your secrets")
            .hint("compare what `waxwing cert --cert URL` shows, then give it as --fingerprint"));
        }
        let certificate = read_certificate(source)?;
        self.known.insert(source.to_owned(), certificate.clone());
        Ok(certificate)
    }

    fn of_controller(&mut self, rule: Option<&Rule>) -> Result<Certificate, Failure> {
        let options = self.args.controller.options(rule)?;
        let place = format!(
            "{} {} {} {}",
            options.cluster.kubeconfig,
            options.cluster.context,
            options.controller_namespace,
            options.controller_name
        );
        if let Some(known) = self.known.get(&place) {
            return Ok(known.clone());
        }
        let pem = kubeseal::fetch(&options).map_err(|error| {
            Failure::new("failed to get the certificate of the controller")
                .because(error.to_string())
                .hint("--cert FILE seals without a cluster")
        })?;
        let certificate = parsed(&pem, "the controller's answer")?;
        self.known.insert(place, certificate.clone());
        Ok(certificate)
    }
}

/// A certificate from a file or a URL, unpinned.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn read_certificate(source: &str) -> Result<Certificate, Failure> {
    let is_url = source.contains("://");
    let pem = if is_url {
        let options = Options {
            cert: source.to_owned(),
            ..Options::default()
        };
        kubeseal::fetch(&options).map_err(|error| {
            Failure::new("failed to get the certificate").because(error.to_string())
        })?
    } else {
        read(Path::new(source), MAX_KEY_BYTES)?.expose().clone()
    };
    parsed(&pem, &without_password(source))
}

fn parsed(pem: &[u8], name: &str) -> Result<Certificate, Failure> {
    Certificate::from_pem(pem)
        .map_err(|error| Failure::new(format!("{name} cannot be sealed for")).because(error))
}

/// A fingerprint as it is typed.
///
/// # Errors
/// It has not the form of one.
pub(super) fn checked(text: &str) -> Result<String, Failure> {
    let digits = text.trim().strip_prefix("SHA256:").unwrap_or_default();
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/".contains(letter);
    if digits.len() == FINGERPRINT_DIGITS && digits.chars().all(is_base64) {
        return Ok(format!("SHA256:{digits}"));
    }
    Err(Failure::new(format!("{text:?} is not a fingerprint"))
        .hint("it is SHA256: and 43 characters, as `waxwing cert` shows it"))
}

/// Characters of a SHA-256 in base64 without padding.
const FINGERPRINT_DIGITS: usize = 43;
