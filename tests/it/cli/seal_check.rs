//! `waxwing seal check`: why a sealed file does not open.

use serde_json::Value;

use super::desk::Desk;

fn sealed(desk: &Desk, name: &str, namespace: &str, scope: &str) -> String {
    let secret = format!(
        "kind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\nstringData: {{a: planted, b: planted}}\n"
    );
    desk.said(&["seal", "--cert", "small.crt", "--scope", scope], secret)
}

const KEY: [&str; 2] = ["--key", "small.key"];

fn check<'a>(words: &[&'a str]) -> Vec<&'a str> {
    ["seal", "check"].iter().chain(words).copied().collect()
}

#[test]
fn the_reason_is_told_as_far_as_it_can_be_known() {
    let desk = Desk::new();
    let strict = sealed(&desk, "db", "shop", "strict");
    let cut = {
        let start = strict.find("    a: ").unwrap() + 7;
        let end = start + strict[start..].find('\n').unwrap();
        format!("{}{}", &strict[..start + 100], &strict[end..])
    };
    for (text, wanted) in [
        (strict.clone(), "1 of 1 SealedSecrets open"),
        (
            strict.replace("name: db", "name: cache"),
            "a: sealed for shop/db (strict), here it is shop/cache (strict)",
        ),
        (
            strict.replace("namespace: shop", "namespace: live"),
            "none of 1 keys opens it here",
        ),
        (
            sealed(&desk, "db", "shop", "namespace-wide")
                .replace("namespace-wide: \"true\"", "namespace-wide: \"yes\""),
            "a: sealed for namespace shop (namespace-wide), here it is shop/db (strict)",
        ),
        (
            sealed(&desk, "db", "shop", "cluster-wide").replace("cluster-wide", "namespace-wide"),
            "a: sealed for any place (cluster-wide)",
        ),
        (cut, "a: damaged: "),
    ] {
        // Only the object's own name is changed, as people do.
        let text = match text.split_once("spec:") {
            Some((head, _))
                if head != strict.split_once("spec:").unwrap().0
                    && wanted.contains("(strict), here") =>
            {
                format!("{head}spec:{}", strict.split_once("spec:").unwrap().1)
            }
            _ => text,
        };
        desk.put("sealed.yaml", &text);
        let done = desk.run(&check(&["sealed.yaml", KEY[0], KEY[1]]), "");
        assert!(
            done.out.contains(wanted),
            "{wanted:?} in {}{}",
            done.out,
            done.err
        );
        assert_eq!(
            done.code,
            i32::from(!wanted.contains("1 of 1")),
            "{}",
            done.out
        );
        assert!(!done.out.contains("planted"));
    }
}

#[test]
fn names_of_the_other_files_and_those_that_are_given_are_tried() {
    let desk = Desk::new();
    desk.put(
        "tree/a.yaml",
        sealed(&desk, "db", "shop", "strict").replace("name: db", "name: moved"),
    );
    desk.put("tree/b.yaml", sealed(&desk, "db", "shop", "strict"));
    desk.refused(
        &check(&["tree", KEY[0], KEY[1]]),
        "",
        1,
        "a: sealed for shop/db (strict), here it is shop/moved (strict)",
    );
    desk.put(
        "c.yaml",
        sealed(&desk, "db", "shop", "strict").replace("shop", "live"),
    );
    desk.refused(&check(&["c.yaml", KEY[0], KEY[1]]), "", 1, "none of 1 keys");
    let words = check(&["c.yaml", KEY[0], KEY[1], "--try", "shop/db"]);
    desk.refused(
        &words,
        "",
        1,
        "a: sealed for shop/db (strict), here it is live/db (strict)",
    );
}

#[test]
fn a_certificate_alone_tells_what_is_certain() {
    let desk = Desk::new();
    desk.put("sealed.yaml", sealed(&desk, "db", "shop", "strict"));
    let out = desk.said(&check(&["sealed.yaml", "--cert", "small.crt"]), "");
    assert!(
        out.contains("may open, as far as that can be known"),
        "{out}"
    );
    let other = check(&["sealed.yaml", "--cert", "primary.crt"]);
    desk.refused(
        &other,
        "",
        1,
        "sealed for another key: one of 2048 bits, at hand is 4096",
    );
    let words = check(&["sealed.yaml", "--key", "primary.key", "-o", "json"]);
    let told = desk.refused(&words, "", 1, "sealed for another key");
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(told["certain"], true);
    assert_eq!(told["sealedSecrets"][0]["name"], "shop/db");
    let plain = desk.said(&check(&["sealed.yaml"]), "");
    assert!(plain.contains("1 of 1 SealedSecrets may open"), "{plain}");
}

#[test]
fn contradictions_are_noted() {
    let desk = Desk::new();
    let text = sealed(&desk, "db", "shop", "strict");
    let (head, rest) = text.split_once("spec:").unwrap();
    let rest = rest.replace("name: db", "name: other").replace(
        "    metadata:\n",
        "    metadata:\n      annotations: {sealedsecrets.bitnami.com/cluster-wide: \"true\"}\n",
    );
    desk.put("sealed.yaml", format!("{head}spec:{rest}"));
    let out = desk.said(&check(&["sealed.yaml", KEY[0], KEY[1]]), "");
    for wanted in [
        "note: name is \"db\", the template has \"other\"",
        "cluster-wide stands in the template only",
    ] {
        assert!(out.contains(wanted), "{wanted} in {out}");
    }
    desk.put("none.yaml", "kind: ConfigMap\n");
    desk.refused(&check(&["none.yaml"]), "", 2, "there is no SealedSecret");
}
