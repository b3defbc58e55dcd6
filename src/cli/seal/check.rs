//! `waxwing seal check`: whether sealed files open, and why not.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{Found, SealedFile};
use crate::{
    api::sealed_secret::{CLUSTER_WIDE, NAMESPACE_WIDE, SealedSecret},
    cli::{
        Exit, Failure, Shell,
        kubeseal::{Options, Refusal, post_each},
        private_keys::{KeyArgs, PrivateKeys},
        sealing::CertificateArgs,
        tree,
    },
    cluster::ProxyError,
    seal::{Binding, Certificate, diagnose},
};

/// Say whether sealed files open, and why not: name, namespace, scope, key or damage, as far as that can be known.
///
/// With --key or --cluster-keys each item is opened. With a certificate only what is certain without the private half
/// is told. With --online the controller is asked. Without any of these damage is found, and contradictions. Exit code
/// 1 when something does not open.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing seal check clusters/ --key backup.age --identity id.txt\n  \
    waxwing seal check sealed.yaml --cert cert.pem\n  \
    waxwing seal check sealed.yaml --online")]
pub(super) struct Args {
    /// Sealed files, and folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Also try a name in a namespace that is not in these files, repeatable.
    #[arg(long = "try", value_name = "NAMESPACE/NAME")]
    tried: Vec<String>,
    /// Namespace of SealedSecrets that do not say their own.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Ask the controller as well.
    #[arg(long)]
    online: bool,
    /// text or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    certificate: CertificateArgs,
}

/// What is known of one SealedSecret.
struct Verdict {
    place: String,
    name: String,
    /// Item, or empty for the whole, to what is wrong with it.
    faults: BTreeMap<String, String>,
    /// Item to the fingerprint of the key that opens it.
    opened: BTreeMap<String, String>,
    notes: Vec<String>,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let files = tree::sealed_files(&args.paths, &[])?;
    let keys = match args.keys.is_given() {
        true => Some(args.keys.read(args.certificate.controller(), shell)?),
        false => None,
    };
    let mut others: Vec<(String, String)> = Vec::new();
    for text in &args.tried {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| Failure::new(format!("--try {text}: not of the form NAMESPACE/NAME")))?;
        others.push((namespace.to_owned(), name.to_owned()));
    }
    let mut read = Vec::new();
    for path in &files {
        read.push(SealedFile::read(path)?);
    }
    for found in read.iter().flat_map(|file| &file.all) {
        let metadata = [&found.sealed.metadata, &found.sealed.spec.template.metadata];
        others.extend(metadata.map(|one| (one.namespace().to_owned(), one.name().to_owned())));
    }
    let mut seen = BTreeSet::new();
    others.retain(|other| !other.1.is_empty() && seen.insert(other.clone()));
    let mut certificates = args.certificate.certificates(shell.env());
    let mut verdicts = Vec::new();
    for file in &read {
        let rule = certificates.rule(file.folder())?;
        let has_certificate = rule.as_ref().is_some_and(|rule| rule.certificate.is_some());
        let certificate = match keys.is_none() && (args.certificate.is_typed() || has_certificate) {
            true => Some(certificates.of(file.folder())?),
            false => None,
        };
        for found in &file.all {
            let mut verdict = Verdict::of(found);
            match found.binding(args.namespace.as_deref(), rule.as_ref()) {
                Err(failure) => {
                    verdict.faults.insert(String::new(), failure.message);
                }
                Ok(binding) => {
                    verdict.items(
                        found,
                        &binding,
                        keys.as_ref(),
                        certificate.as_ref(),
                        &others,
                    );
                }
            }
            if args.online {
                let options = args.certificate.controller().options(rule.as_ref())?;
                verdict.ask(found, &options)?;
            }
            verdicts.push(verdict);
        }
    }
    if verdicts.is_empty() {
        return Err(Failure::new("there is no SealedSecret in what was named"));
    }
    tell(&verdicts, keys.is_some() || args.online, args, shell)
}

impl Verdict {
    fn of(found: &Found) -> Self {
        let sealed = &found.sealed;
        let mut notes = Vec::new();
        let (own, template) = (&sealed.metadata, &sealed.spec.template.metadata);
        for (field, own, template) in [
            ("name", own.name(), template.name()),
            ("namespace", own.namespace(), template.namespace()),
        ] {
            if !template.is_empty() && own != template {
                notes.push(format!(
                    "{field} is {own:?}, the template has {template:?}: the former counts"
                ));
            }
        }
        for annotation in [CLUSTER_WIDE, NAMESPACE_WIDE] {
            match (own.annotation(annotation), template.annotation(annotation)) {
                (Some(value), _) if value != "true" => {
                    notes.push(format!(
                        "annotation {annotation} is {value:?}: only \"true\" counts"
                    ));
                }
                (None, Some("true")) => notes.push(format!(
                    "annotation {annotation} stands in the template only, where it does not count"
                )),
                _ => {}
            }
        }
        if sealed.spec.encrypted_data.is_empty() && sealed.spec.data.is_none() {
            notes.push("it has no items".to_owned());
        }
        Self {
            place: found.place.clone(),
            name: format!("{}/{}", own.namespace(), own.name()),
            faults: BTreeMap::new(),
            opened: BTreeMap::new(),
            notes,
        }
    }

    fn items(
        &mut self,
        found: &Found,
        binding: &Binding,
        keys: Option<&PrivateKeys>,
        certificate: Option<&Certificate>,
        others: &[(String, String)],
    ) {
        let spec = &found.sealed.spec;
        let whole = spec.data.iter().map(|text| ("spec.data", text));
        let items = spec.encrypted_data.iter();
        for (name, text) in whole.chain(items.map(|(name, text)| (name.as_str(), text))) {
            let judged = match (keys, certificate) {
                (Some(keys), _) => diagnose::with_keys(text, binding, &keys.ring, others).map(Some),
                (None, Some(certificate)) => {
                    diagnose::with_certificate(text, certificate).map(|()| None)
                }
                (None, None) => diagnose::outside(text).map(|_| None),
            };
            match judged {
                Ok(Some(key)) => {
                    self.opened.insert(name.to_owned(), key.to_string());
                }
                Ok(None) => {}
                Err(fault) => {
                    self.faults.insert(name.to_owned(), fault.to_string());
                }
            }
        }
        if spec.data.is_some() && !spec.encrypted_data.is_empty() {
            let both = "spec.data and encryptedData are both there: the controller refuses that";
            self.faults.insert(String::new(), both.to_owned());
        }
    }

    /// What the controller says.
    fn ask(&mut self, found: &Found, options: &Options) -> Result<(), Failure> {
        const CONFLICT: u16 = 409;
        let body = serde_json::to_vec(&SealedSecret::to_value(&found.sealed))
            .map_err(|error| Failure::new("failed to ask the controller").because(error))?;
        let refused = std::cell::Cell::new(false);
        let failed = |_: usize, error: &ProxyError| {
            refused.set(error.status() == Some(CONFLICT));
            Refusal(crate::cli::kubeseal::words(error))
        };
        match post_each(options, "/v1/verify", vec![body], failed) {
            Ok(_) => Ok(()),
            Err(_) if refused.get() => {
                let said = "the controller cannot open it".to_owned();
                self.faults.entry(String::new()).or_insert(said);
                Ok(())
            }
            Err(error) => {
                Err(Failure::new("failed to ask the controller").because(error.to_string()))
            }
        }
    }
}

fn tell(
    verdicts: &[Verdict],
    is_certain: bool,
    args: &Args,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let bad = verdicts.iter().filter(|one| !one.faults.is_empty()).count();
    if args.output == "json" {
        let all: Vec<Value> = verdicts
            .iter()
            .map(|one| {
                json!({"place": one.place, "name": one.name, "faults": one.faults,
                    "opened": one.opened, "notes": one.notes})
            })
            .collect();
        let told = json!({"certain": is_certain, "sealedSecrets": all});
        shell.say(serde_json::to_string_pretty(&told).unwrap_or_default())?;
    } else {
        for one in verdicts {
            for (item, fault) in &one.faults {
                let item = if item.is_empty() { "it" } else { item };
                shell.say(format_args!("{}: {}: {item}: {fault}", one.place, one.name))?;
            }
            for note in &one.notes {
                shell.say(format_args!("{}: {}: note: {note}", one.place, one.name))?;
            }
        }
        let count = verdicts.len();
        let good = if is_certain {
            "open"
        } else {
            "may open, as far as that can be known without a private key"
        };
        shell.say(format_args!(
            "{} of {count} SealedSecrets {good}, {bad} do not",
            count - bad
        ))?;
    }
    Ok(if bad == 0 { Exit::Yes } else { Exit::No })
}
