//! The first chapter: a Secret is sealed, opened, changed, and refused elsewhere.

use std::io::Write;

use serde_json::{Value, json};

use super::{
    narrator::Narrator,
    stage::{Stage, object},
};
use crate::{
    api::base64,
    cli::Failure,
    object::{Gvk, Object, ObjectRef, yaml},
};

/// The namespace of the story.
const NAMESPACE: &str = "shop";
/// The name of its Secret.
const NAME: &str = "db";
/// What the Secret holds first, and after its change; the story's own values, never shown.
const FIRST: &[(&str, &str)] = &[("user", "shop"), ("password", "correct horse")];
const SECOND: &[(&str, &str)] = &[("user", "shop"), ("password", "battery staple")];
/// How many letters of a ciphertext are shown.
const SHOWN: usize = 44;

fn secret() -> ObjectRef {
    ObjectRef::new(Gvk::new("", "v1", "Secret"), Some(NAMESPACE), NAME)
}

fn sealed(name: &str) -> ObjectRef {
    ObjectRef::new(
        Gvk::new("bitnami.com", "v1alpha1", "SealedSecret"),
        Some(NAMESPACE),
        name,
    )
}

/// Tells the chapter from beginning to end.
///
/// # Errors
/// The embedded cluster failed where the story has no expectation for it.
pub async fn seal_and_open(stage: &Stage, narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("The cluster")?;
    narrator.tell(&format!(
        "A Kubernetes API server runs in this process, at {}. With it the unsealing controller,",
        stage.address()
    ))?;
    narrator.tell("which makes its first sealing key now: RSA, 4096 bits.")?;
    narrator.expect(
        "the controller has its sealing key",
        stage.has_key().await,
        "none",
    )?;
    narrator.show("command", "kubeseal --fetch-cert > cert.pem")?;
    let certificate = stage.kubeseal(&["--fetch-cert"], String::new()).await?;
    narrator.expect(
        "it gives out the certificate, and keeps the key",
        certificate.contains("BEGIN CERTIFICATE") && !certificate.contains("PRIVATE KEY"),
        "no certificate",
    )?;
    stage
        .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
        .await?;

    first_time(stage, narrator).await?;
    changed(stage, narrator).await?;
    edited(stage, narrator).await?;
    copied(stage, narrator).await
}

async fn first_time(stage: &Stage, narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("A Secret is sealed for Git")?;
    narrator.tell("A developer has a Secret shop/db with a user and a password, and seals it:")?;
    narrator.show(
        "command",
        "kubeseal -o yaml < secret.yaml > sealed-secret.yaml",
    )?;
    let text = seal(stage, FIRST, &[]).await?;
    narrator.tell("What goes to Git is this, safe for every eye:")?;
    narrator.show("sealed-secret.yaml", &shortened(&text))?;
    narrator.expect(
        "no value can be read in the sealed file",
        !shows_any(&text, FIRST),
        "a value stands in the file",
    )?;
    narrator.show("command", "kubectl apply -f sealed-secret.yaml")?;
    stage.create(parsed(&text)?).await?;
    let opened = stage
        .wait_for(&secret(), |secret| holds(secret, FIRST))
        .await?;
    narrator.expect(
        "the controller opened it: Secret shop/db holds exactly what was sealed",
        opened.is_some(),
        "no such Secret",
    )?;
    narrator.expect(
        "the Secret belongs to its SealedSecret, and will go with it",
        opened.as_ref().and_then(owner) == Some("SealedSecret".to_owned()),
        "no owner",
    )?;
    expect_condition(stage, narrator, NAME, "True", "").await
}

async fn changed(stage: &Stage, narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("The password changes")?;
    narrator.tell(
        "The Secret is sealed again with the new password, this time offline with the certificate:",
    )?;
    narrator.show(
        "command",
        "kubeseal --cert cert.pem -o yaml < secret.yaml > sealed-secret.yaml",
    )?;
    let before = stage.get(&secret()).await?;
    let certificate = stage.kubeseal(&["--fetch-cert"], String::new()).await?;
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(certificate.as_bytes())?;
    let path = file.path().display().to_string();
    let text = seal(stage, SECOND, &["--cert", &path]).await?;
    narrator.show("command", "kubectl apply -f sealed-secret.yaml")?;
    let Some(mut live) = stage.get(&sealed(NAME)).await? else {
        return narrator.expect("the SealedSecret is there to be changed", false, "none");
    };
    if let Some(spec) = object(parsed(&text)?)?.at(&["spec"]) {
        live.set(&["spec"], spec.clone());
    }
    stage.replace(&live).await?;
    let opened = stage
        .wait_for(&secret(), |secret| holds(secret, SECOND))
        .await?;
    narrator.expect(
        "the Secret holds the new password",
        opened.is_some(),
        "the old one",
    )?;
    let uid = |object: &Object| object.uid().map(str::to_owned);
    narrator.expect(
        "it is the same Secret still, changed in place",
        opened.as_ref().and_then(uid) == before.as_ref().and_then(uid),
        "another Secret",
    )
}

async fn edited(stage: &Stage, narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("Somebody edits the Secret by hand")?;
    narrator.tell("Git says one thing, the cluster now another:")?;
    narrator.show("command", "kubectl -n shop edit secret db")?;
    let Some(mut edited) = stage.get(&secret()).await? else {
        return narrator.expect("the Secret is there to be edited", false, "no Secret");
    };
    edited.set(
        &["data", "password"],
        Value::String(base64::encode(b"typed by hand")),
    );
    stage.replace(&edited).await?;
    let mended = stage
        .wait_for(&secret(), |secret| holds(secret, SECOND))
        .await?;
    narrator.expect(
        "the controller put the sealed value back",
        mended.is_some(),
        "the edited value",
    )
}

async fn copied(stage: &Stage, narrator: &mut Narrator<'_>) -> Result<(), Failure> {
    narrator.chapter("A copy under another name")?;
    narrator.tell(
        "Somebody who may not read shop/db copies its sealed file to a name that they may read:",
    )?;
    narrator.show(
        "command",
        "sed 's/name: db/name: mine/' sealed-secret.yaml | kubectl apply -f -",
    )?;
    let Some(mut copy) = stage.get(&sealed(NAME)).await? else {
        return narrator.expect("the SealedSecret is there to be copied", false, "none");
    };
    copy.as_map_mut().insert(
        "metadata".to_owned(),
        json!({"name": "mine", "namespace": NAMESPACE}),
    );
    copy.remove(&["status"]);
    stage.create(copy.into_value()).await?;
    expect_condition(
        stage,
        narrator,
        "mine",
        "False",
        "no key could decrypt secret (password, user)",
    )
    .await?;
    let other = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some(NAMESPACE), "mine");
    narrator.expect(
        "no Secret came of the copy",
        stage.get(&other).await?.is_none(),
        "a Secret",
    )?;
    narrator.tell(
        "Why: namespace and name are part of what was encrypted (scope strict). Under another",
    )?;
    narrator.tell(
        "name the very same key does not open it, and the answer does not say what was wrong.",
    )
}

async fn expect_condition(
    stage: &Stage,
    narrator: &mut Narrator<'_>,
    name: &str,
    status: &str,
    message: &str,
) -> Result<(), Failure> {
    let condition = |object: &Object| {
        let first = object.at(&["status", "conditions"])?.get(0)?.clone();
        Some((
            first.get("status")?.as_str()?.to_owned(),
            first
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        ))
    };
    let wanted = (status.to_owned(), message.to_owned());
    let seen = stage
        .wait_for(&sealed(name), |object| {
            condition(object).as_ref() == Some(&wanted)
        })
        .await?;
    let because = if message.is_empty() {
        String::new()
    } else {
        format!(", because \"{message}\"")
    };
    narrator.expect(
        &format!("SealedSecret {NAMESPACE}/{name} says Synced={status}{because}"),
        seen.is_some(),
        "another condition",
    )
}

/// Runs our own command as a developer would, with the Secret on its standard input.
async fn seal(stage: &Stage, items: &[(&str, &str)], more: &[&str]) -> Result<String, Failure> {
    let data: serde_json::Map<String, Value> = items
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let manifest = yaml::write(&json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "stringData": data,
    }));
    let arguments: Vec<&str> = ["-o", "yaml"].iter().chain(more).copied().collect();
    stage.kubeseal(&arguments, manifest).await
}

fn parsed(text: &str) -> Result<Value, Failure> {
    let documents = yaml::read(text.as_bytes(), &yaml::ReadOptions::default())
        .map_err(|error| Failure::new("failed to read what was sealed").because(error))?;
    documents
        .into_iter()
        .next()
        .map(|document| document.value)
        .ok_or_else(|| Failure::new("the sealing command wrote nothing"))
}

/// Whether the Secret holds exactly these items.
fn holds(secret: &Object, items: &[(&str, &str)]) -> bool {
    let wanted: serde_json::Map<String, Value> = items
        .iter()
        .map(|(name, value)| ((*name).to_owned(), base64::encode(value.as_bytes()).into()))
        .collect();
    secret.at(&["data"]).and_then(Value::as_object) == Some(&wanted)
}

fn owner(secret: &Object) -> Option<String> {
    let owners = secret.at(&["metadata", "ownerReferences"])?.as_array()?;
    Some(owners.first()?.get("kind")?.as_str()?.to_owned())
}

/// Whether a value can be read in a text, plain or in base64.
fn shows_any(text: &str, items: &[(&str, &str)]) -> bool {
    items.iter().any(|(name, value)| {
        *name == "password"
            && (text.contains(value) || text.contains(&base64::encode(value.as_bytes())))
    })
}

/// The text with every long line cut.
fn shortened(text: &str) -> String {
    let cut = |line: &str| {
        if line.chars().count() > SHOWN {
            format!("{}…", line.chars().take(SHOWN).collect::<String>())
        } else {
            line.to_owned()
        }
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}
