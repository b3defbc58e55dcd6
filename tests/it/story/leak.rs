//! What was planted as a secret shows up in Secrets only.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use waxwing::controller::serve::router;

use super::world::{KEY, World, ask, has, key_secret, sealed, secret_ref};

/// Everything that is logged in this process, from all libraries, at every level.
#[derive(Clone, Default)]
pub struct Log(pub Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A planted value in the forms that it could show up in.
pub fn forms(planted: &str) -> Vec<String> {
    let mut forms = vec![planted.to_owned()];
    for front in ["", "x", "xx"] {
        // Base64 at each alignment; the first and last group depend on what stands beside.
        let text = waxwing::api::base64::encode(format!("{front}{planted}").as_bytes());
        forms.push(text[4..text.len() - 4].to_owned());
    }
    forms.push(planted.bytes().map(|byte| format!("{byte:02x}")).collect());
    forms
}

#[tokio::test]
async fn planted_values_show_up_nowhere_but_in_secrets() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let planted = "canary-7f3a91-value-of-a-secret";
    let world = World::new().await;
    let running = world.run();
    let items = [("k", planted)];
    world.create(sealed("good", &items)).await;
    world.secret("good", has("k", planted)).await;
    world.condition("good", "True", "").await;
    let mut moved = sealed("db", &items);
    moved["metadata"]["name"] = "moved".into();
    world.create(moved).await;
    world.condition("moved", "False", "").await;
    for (name, template) in [
        ("fails", "{{ fail .k }}"),
        ("odd", "{{ mustRegexMatch .k .k | substr 1 }}"),
        ("number", "{{ .k | mustFromJson }}"),
        ("broken", "{{ .k"),
    ] {
        let mut sealed = sealed(name, &items);
        sealed["spec"]["template"]["data"] = json!({"t": template});
        world.create(sealed).await;
        world.condition(name, "False", "").await;
    }
    let foreign = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "foreign", "namespace": "shop"}, "data": {"k": waxwing::api::base64::encode(planted.as_bytes())}});
    world.create(foreign).await;
    world.create(sealed("foreign", &items)).await;
    world.condition("foreign", "False", "").await;
    let mut refused = sealed("refused", &items);
    refused["spec"]["template"]["metadata"]["labels"] = json!({"app": "not a label value!"});
    world.create(refused).await;
    world.condition("refused", "False", "").await;
    let mut frozen = sealed("frozen", &[("k", "old")]);
    frozen["spec"]["template"]["immutable"] = true.into();
    world.create(frozen).await;
    world.condition("frozen", "True", "").await;
    let again: Value = sealed("frozen", &items);
    let patch = json!({"spec": {"encryptedData": again["spec"]["encryptedData"]}});
    world
        .patch(&super::world::sealed_ref("frozen"), patch)
        .await;
    world.condition("frozen", "False", "").await;
    world
        .create(key_secret("bad", &format!("{KEY}{planted}"), planted))
        .await;
    running.counted("sealing_keys{state=\"loaded\"}", 1).await;
    let mut answers = String::new();
    for path in ["/v1/verify", "/v1/rotate"] {
        let body = sealed("good", &items).to_string();
        let (_, answer) = ask(router(running.handle.clone()), "POST", path, body).await;
        answers.push_str(&answer);
    }
    world.delete(&secret_ref("good")).await;
    world.secret("good", has("k", planted)).await;
    let figures = running.handle.metrics.text();
    running.stop().await;
    let objects = world.everything_but_secrets().await;
    assert!(objects.contains("ErrUnsealFailed") && objects.contains("ErrUpdateFailed"));
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("waxwing::controller"), "the log was captured");
    let key_body = KEY.lines().nth(3).unwrap();
    for form in forms(planted).iter().map(String::as_str).chain([key_body]) {
        for (place, text) in [
            ("answers", &answers),
            ("figures", &figures),
            ("objects", &objects),
            ("log", &log),
        ] {
            assert!(!text.contains(form), "{form} is in {place}");
        }
    }
}
