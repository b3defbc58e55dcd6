//! `.waxwing.yaml` and pinned certificates: nobody seals production's secrets for staging.

use super::desk::Desk;

const SECRET: &str = "kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {k: v}\n";

fn fingerprint(desk: &Desk, file: &str) -> String {
    let told = desk.said(&["cert", "--cert", file, "-o", "json"], "");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    told["fingerprint"].as_str().unwrap().to_owned()
}

/// Staging seals for the small key, production for the primary one.
fn tree() -> Desk {
    let desk = Desk::new();
    let pin = fingerprint(&desk, "primary.crt");
    desk.put(
        ".waxwing.yaml",
        format!(
            "seal:\n- path: staging\n  certificate: small.crt\n- path: production\n  certificate: primary.crt\n  fingerprint: {pin}\n  namespace: live\n"
        ),
    );
    desk.put("staging/secret.yaml", SECRET);
    desk.put(
        "production/deep/secret.yaml",
        SECRET.replace(", namespace: shop", ""),
    );
    desk
}

#[test]
fn each_folder_has_its_certificate() {
    let desk = tree();
    desk.said(
        &["seal", "staging/secret.yaml", "-w", "staging/sealed.yaml"],
        "",
    );
    assert_eq!(desk.item("staging/sealed.yaml", "k"), "v");
    let sealed = desk.said(&["seal", "production/deep/secret.yaml"], "");
    assert!(
        sealed.contains("k: Ag") && sealed.contains("namespace: live"),
        "{sealed}"
    );
    // The folder of the output counts, where the sealed file will be applied from.
    desk.said(
        &[
            "seal",
            "staging/secret.yaml",
            "-w",
            "production/sealed.yaml",
        ],
        "",
    );
    assert!(
        desk.read("production/sealed.yaml").contains("k: Ag"),
        "for the long key"
    );
    desk.said(&["seal", "set", "production/sealed.yaml", "k=w"], "");
    let check = ["seal", "check", "production", "staging/sealed.yaml"];
    let out = desk.said(&check, "");
    assert!(out.contains("2 of 2 SealedSecrets may open"), "{out}");
}

#[test]
fn another_certificate_is_refused_unless_it_is_asked_for() {
    let desk = tree();
    let other = ["seal", "production/deep/secret.yaml", "--cert", "small.crt"];
    desk.refused(&other, "", 2, "seal[1] wants SHA256:");
    let other = ["seal", "staging/secret.yaml", "--cert", "primary.crt"];
    desk.refused(&other, "", 2, "seal[0] wants SHA256:");
    desk.said(
        &[
            "seal",
            "staging/secret.yaml",
            "--cert",
            "primary.crt",
            "--no-config",
        ],
        "",
    );
    desk.said(&["seal", "staging/secret.yaml", "--cert", "small.crt"], "");
    desk.put("primary.crt", desk.read("small.crt"));
    desk.refused(
        &["seal", "production/deep/secret.yaml"],
        "",
        2,
        "a renewed key has another certificate",
    );
    desk.put(
        ".waxwing.yaml",
        "seal: [{path: staging, certifcate: small.crt}]\n",
    );
    desk.refused(
        &["seal", "staging/secret.yaml"],
        "",
        2,
        "unknown field `certifcate`",
    );
}

#[test]
fn a_certificate_by_url_needs_its_fingerprint() {
    let desk = Desk::new();
    for url in [
        "http://u:planted@127.0.0.1:1/cert.pem",
        "https://u:planted@127.0.0.1:1/cert.pem",
    ] {
        let done = desk.refused(&["seal", "--cert", url], SECRET, 2, "needs its fingerprint");
        assert!(!done.err.contains("planted"), "{}", done.err);
    }
    let pin = fingerprint(&desk, "small.crt");
    desk.said(
        &["seal", "--cert", "small.crt", "--fingerprint", &pin],
        SECRET,
    );
    let wrong = fingerprint(&desk, "primary.crt");
    let words = ["seal", "--cert", "small.crt", "--fingerprint", &wrong];
    desk.refused(&words, SECRET, 2, "but --fingerprint wants");
    desk.refused(
        &["cert", "--cert", "small.crt", "--fingerprint", &wrong],
        "",
        1,
        "wants",
    );
    desk.refused(
        &["cert", "--cert", "small.crt", "--fingerprint", "SHA256:x"],
        "",
        2,
        "is not a fingerprint",
    );
}

#[test]
fn the_certificate_is_shown_with_its_fingerprint() {
    let desk = Desk::new();
    let done = desk.run(&["cert", "--cert", "small.crt"], "");
    assert_eq!(done.out, desk.read("small.crt"));
    assert!(done.err.starts_with("fingerprint: SHA256:"), "{}", done.err);
    assert!(done.err.contains("RSA 2048 bits"), "{}", done.err);
    desk.said(&["cert", "--cert", "small.crt", "-w", "copy.pem"], "");
    assert_eq!(desk.read("copy.pem"), desk.read("small.crt"));
}
