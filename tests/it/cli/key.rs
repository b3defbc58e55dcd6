//! `waxwing key` against the embedded server: list, states, usage, and a restore drill.

use age::secrecy::ExposeSecret;
use serde_json::{Value, json};
use waxwing::api::{
    base64,
    sealed_secret::KEY_LABEL,
    sealing_key::{BACKED_UP_AT, KEY_STATE},
};

use super::{desk::Desk, stand::Stage};

fn active() -> Value {
    json!({KEY_LABEL: "active"})
}

fn sealed(desk: &Desk, name: &str, cert: &str) -> Value {
    let secret = format!(
        "kind: Secret\nmetadata: {{name: {name}, namespace: shop}}\nstringData: {{a: planted-{name}, b: x}}\n"
    );
    let text = desk.said(&["seal", "--cert", cert, "-o", "json"], secret);
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_counted_and_change_their_state() {
    let (stage, desk) = (Stage::new().await, Desk::new());
    stage.key(&desk, "small", active()).await;
    stage
        .key(
            &desk,
            "primary",
            json!({KEY_LABEL: "active", KEY_STATE: "staged"}),
        )
        .await;
    stage.create(sealed(&desk, "db", "small.crt")).await;
    let out = stage.said(&desk, &["key", "list", "--usage"]).await;
    let line = |name: &str| {
        let line = out.lines().find(|line| line.starts_with(name));
        line.unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(line("NAME")[..2], ["NAME", "STATE"]);
    let (small, primary) = (line("key-small"), line("key-primary"));
    assert_eq!(
        (small[1].as_str(), primary[1].as_str()),
        ("current", "staged")
    );
    assert_eq!(
        (&small[4..], &primary[4..]),
        (
            &["never", "1", "2"].map(str::to_owned)[..],
            &["never", "0", "0"].map(str::to_owned)[..]
        )
    );
    let told = stage.said(&desk, &["key", "list", "-o", "json"]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(
        told.as_array()
            .unwrap()
            .iter()
            .all(|key| key["opens"] == true)
    );
    let shown = stage.said(&desk, &["key", "show", &small[2][..14]]).await;
    assert!(
        shown.contains("Name:         key-small") && shown.contains("BEGIN CERTIFICATE"),
        "{shown}"
    );
    assert!(!shown.contains("PRIVATE"));
    // The only key that may be sealed for stays, until another one may be.
    let (code, _, err) = stage.run(&desk, &["key", "retire", "key-small"]).await;
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("the only key that can be sealed for"), "{err}");
    stage.said(&desk, &["key", "promote", "key-primary"]).await;
    stage
        .said(
            &desk,
            &["key", "retire", "key-small", "--reason", "quarterly"],
        )
        .await;
    let secret = stage.secret("kube-system", "key-small").await.unwrap();
    assert_eq!(
        (secret.label(KEY_STATE), secret.label(KEY_LABEL)),
        (Some("retired"), Some("active"))
    );
    stage.said(&desk, &["key", "compromise", "key-small"]).await;
    let secret = stage.secret("kube-system", "key-small").await.unwrap();
    assert_eq!(
        (secret.label(KEY_STATE), secret.label(KEY_LABEL)),
        (Some("compromised"), Some("compromised"))
    );
    let (code, _, err) = stage.run(&desk, &["key", "promote", "key-small"]).await;
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("a compromised key cannot become current"),
        "{err}"
    );
    let out = stage.said(&desk, &["key", "usage", "--names"]).await;
    assert!(out.contains("opens shop/db"), "{out}");
    let (code, _, err) = stage
        .run(&desk, &["key", "usage", "--key", "primary.key"])
        .await;
    assert_eq!(code, 1);
    assert!(
        err.contains("2 items open with none of these keys: shop/db"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_staged_until_its_time() {
    let (stage, desk) = (Stage::new().await, Desk::new());
    stage.key(&desk, "small", active()).await;
    let out = stage
        .said(&desk, &["key", "new", "--size", "2048", "--grace", "24h"])
        .await;
    let name = out.split_whitespace().next().unwrap().to_owned();
    let secret = stage.secret("kube-system", &name).await.unwrap();
    assert_eq!(secret.label(KEY_STATE), Some("staged"));
    let from = secret.annotation("waxwing.dev/current-from").unwrap();
    assert!(from.parse::<jiff::Timestamp>().unwrap() > stage.clock.now());
    let list = stage.said(&desk, &["key", "list"]).await;
    let line = list.lines().find(|line| line.starts_with(&name)).unwrap();
    assert!(line.contains("staged"), "{list}");
    let (code, _, err) = stage.run(&desk, &["key", "new", "--size", "1024"]).await;
    assert_eq!(code, 2);
    assert!(err.contains("at least 2048"), "{err}");
}

/// Wipe, restore, and everything opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_drill() {
    let desk = Desk::new();
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let identity = identity.to_string();
    desk.put(
        "id.txt",
        format!("# of the drill\n{}\n", identity.expose_secret()),
    );
    let sealed: Vec<Value> = [("db", "small.crt"), ("cache", "primary.crt")]
        .iter()
        .map(|(name, cert)| sealed(&desk, name, cert))
        .collect();
    {
        let stage = Stage::new().await;
        stage.key(&desk, "small", active()).await;
        stage.key(&desk, "primary", active()).await;
        let out = stage
            .said(
                &desk,
                &["key", "backup", "-w", "keys.age", "--recipient", &recipient],
            )
            .await;
        assert!(
            out.contains("2 keys of namespace kube-system are in keys.age"),
            "{out}"
        );
        let noted = stage.secret("kube-system", "key-small").await.unwrap();
        assert!(noted.annotation(BACKED_UP_AT).is_some());
    }
    let backup = desk.read("keys.age");
    assert!(
        backup.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"),
        "{backup}"
    );
    // Another cluster, which knows nothing.
    let stage = Stage::new().await;
    for one in &sealed {
        stage.create(one.clone()).await;
    }
    let unlock = ["--identity", "id.txt"];
    let restore = |more: &[&'static str]| -> Vec<&'static str> {
        ["key", "restore", "keys.age"]
            .iter()
            .chain(&unlock)
            .chain(more)
            .copied()
            .collect()
    };
    let (code, _, err) = stage.run(&desk, &["key", "restore", "keys.age"]).await;
    assert_eq!(code, 2);
    assert!(
        err.contains("nothing is given that opens the backup"),
        "{err}"
    );
    let out = stage.said(&desk, &restore(&["--dry-run"])).await;
    assert!(
        out.ends_with("2 keys restored, 0 were there already; nothing was written\n"),
        "{out}"
    );
    assert!(stage.secret("kube-system", "key-small").await.is_none());
    stage.said(&desk, &restore(&[])).await;
    let again = stage.said(&desk, &restore(&[])).await;
    assert!(
        again.ends_with("0 keys restored, 2 were there already\n"),
        "{again}"
    );
    let running = stage.control().await;
    for name in ["db", "cache"] {
        let secret = loop {
            if let Some(secret) = stage.secret("shop", name).await {
                break secret;
            }
            tokio::task::yield_now().await;
        };
        let wanted = base64::encode(format!("planted-{name}").as_bytes());
        assert_eq!(secret.at(&["data", "a"]), Some(&Value::from(wanted)));
    }
    running.stop().await;
    // And offline, straight from the backup.
    desk.put("db.json", sealed[0].to_string());
    let open = [
        "unseal",
        "db.json",
        "--key",
        "keys.age",
        "--identity",
        "id.txt",
        "--item",
        "a",
    ];
    assert_eq!(desk.said(&open, ""), "planted-db");
}
