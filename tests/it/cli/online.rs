//! The modes of `kubeseal` and `waxwing` that ask the controller, against the real one on the embedded server.

use serde_json::{Value, json};
use waxwing::api::{base64, sealed_secret::KEY_LABEL};

use super::{
    desk::Desk,
    stand::{Running, Stage},
};

const KUBESEAL: &str = env!("CARGO_BIN_EXE_kubeseal");
const WAXWING: &str = env!("CARGO_BIN_EXE_waxwing");
const SECRET: &str =
    "kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {a: planted, b: x}\n";

async fn stage() -> (Stage, Desk, Running) {
    let (stage, desk) = (Stage::new().await, Desk::new());
    stage
        .key(&desk, "small", json!({KEY_LABEL: "active"}))
        .await;
    let running = stage.control().await;
    (stage, desk, running)
}

async fn said(stage: &Stage, desk: &Desk, binary: &str, words: &[&str], input: &str) -> String {
    let (code, out, err) = stage.program(desk, binary, words, input).await;
    assert_eq!((code, err.as_str()), (0, ""), "{words:?} {out}");
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn kubeseal_seals_validates_merges_and_re_encrypts_with_the_controller() {
    let (stage, desk, running) = stage().await;
    let pem = said(&stage, &desk, KUBESEAL, &["--fetch-cert"], "").await;
    assert_eq!(pem, desk.read("small.crt"));
    let sealed = said(&stage, &desk, KUBESEAL, &["-o", "yaml"], SECRET).await;
    assert_eq!(
        said(&stage, &desk, KUBESEAL, &["--validate"], &sealed).await,
        ""
    );
    desk.put("sealed.yaml", &sealed);
    let more = "kind: Secret\nstringData: {c: merged}\n";
    let merge = ["--merge-into", "sealed.yaml", "-o", "yaml"];
    said(&stage, &desk, KUBESEAL, &merge, more).await;
    let again = ["--re-encrypt", "-f", "sealed.yaml"];
    let before = desk.read("sealed.yaml");
    said(&stage, &desk, KUBESEAL, &again, "").await;
    assert_ne!(desk.read("sealed.yaml"), before);
    assert_eq!(desk.item("sealed.yaml", "a"), "planted");
    assert_eq!(desk.item("sealed.yaml", "c"), "merged");
    for (words, input, wanted) in [
        (
            &["--validate"][..],
            sealed.replace("name: db", "name: moved"),
            "error: unable to decrypt sealed secret: moved\n",
        ),
        (
            &["--re-encrypt"],
            sealed.replace("name: db", "name: moved"),
            "error: cannot re-encrypt secret: an error on the server (",
        ),
        (
            &["--fetch-cert", "--controller-name", "nowhere"],
            String::new(),
            "error: cannot get sealed secret service: services \"nowhere\" not found.\nPlease, use",
        ),
        (
            &["--fetch-cert", "--context", "nowhere"],
            String::new(),
            "error: context \"nowhere\" does not exist\n",
        ),
    ] {
        let (code, out, err) = stage.program(&desk, KUBESEAL, words, &input).await;
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.starts_with(wanted), "{wanted:?} in {err:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waxwing_seals_checks_and_opens_with_the_cluster() {
    let (stage, desk, running) = stage().await;
    let (code, out, err) = stage.program(&desk, WAXWING, &["cert"], "").await;
    assert_eq!((code, out), (0, desk.read("small.crt")), "{err}");
    let told = said(&stage, &desk, WAXWING, &["cert", "-o", "json"], "").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let pin = told["fingerprint"].as_str().unwrap();
    let config = |context: &str, pin: &str| {
        desk.put(
            ".waxwing.yaml",
            format!("seal: [{{context: {context}, fingerprint: '{pin}'}}]\n"),
        );
    };
    config("waxwing-sandbox", pin);
    let words = ["seal", "-w", "sealed.yaml"];
    said(&stage, &desk, WAXWING, &words, SECRET).await;
    let online = ["seal", "check", "sealed.yaml", "--online"];
    let out = said(&stage, &desk, WAXWING, &online, "").await;
    assert_eq!(out, "1 of 1 SealedSecrets open, 0 do not\n");
    desk.put(
        "moved.yaml",
        desk.read("sealed.yaml")
            .replacen("name: db", "name: moved", 1),
    );
    let moved = ["seal", "check", "moved.yaml", "--online"];
    let (code, out, err) = stage.program(&desk, WAXWING, &moved, "").await;
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("the controller cannot open it"), "{out}");
    let open = ["unseal", "sealed.yaml", "--cluster-keys", "--item", "a"];
    assert_eq!(said(&stage, &desk, WAXWING, &open, "").await, "planted");
    let again = ["reencrypt", ".", "--cluster-keys", "--check"];
    let (code, out, _) = stage.program(&desk, WAXWING, &again, "").await;
    assert_eq!(code, 2, "moved.yaml does not open: {out}");
    std::fs::remove_file(desk.path("moved.yaml")).unwrap();
    let out = said(&stage, &desk, WAXWING, &again, "").await;
    assert!(
        out.contains("2 items are for the newest key already"),
        "{out}"
    );
    // A certificate that is not the pinned one, a context that is not the folder's.
    config("waxwing-sandbox", &pin.replace(&pin[7..10], "AAA"));
    let (code, _, err) = stage.program(&desk, WAXWING, &["seal"], SECRET).await;
    assert_eq!(code, 2);
    assert!(
        err.contains("a certificate of another cluster must not be sealed for here"),
        "{err}"
    );
    config("production", pin);
    let other = ["seal", "--context", "waxwing-sandbox"];
    let (code, _, err) = stage.program(&desk, WAXWING, &other, SECRET).await;
    assert_eq!(code, 2);
    assert!(err.contains("wants context production here"), "{err}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_with_the_clusters_certificate_is_opened_there() {
    let (stage, desk, running) = stage().await;
    let words = [
        "seal",
        "--name",
        "db",
        "-n",
        "shop",
        "--from-literal",
        "a=planted",
        "-o",
        "json",
    ];
    let sealed = said(&stage, &desk, WAXWING, &words, "").await;
    stage.create(serde_json::from_str(&sealed).unwrap()).await;
    let secret = loop {
        if let Some(secret) = stage.secret("shop", "db").await {
            break secret;
        }
        tokio::task::yield_now().await;
    };
    let wanted = base64::encode(b"planted");
    assert_eq!(secret.at(&["data", "a"]), Some(&Value::from(wanted)));
    assert_eq!(secret.at(&["type"]), Some(&"Opaque".into()));
    running.stop().await;
}
