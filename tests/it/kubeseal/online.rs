//! The modes that speak to a cluster or to the web, against a small server on loopback.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri},
};

use super::{program::Program, service};
use crate::vectors::vector;

/// Answers by method and path, and what was asked, with the `Accept` header.
#[derive(Default)]
struct Script {
    answers: BTreeMap<String, (u16, Vec<u8>)>,
    asked: Mutex<Vec<String>>,
}

const SERVICE: &str = "GET /api/v1/namespaces/kube-system/services/sealed-secrets-controller";
const PROXY: &str = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:/proxy";

/// Serves a script until the process ends; gives the address.
fn serve(answers: &[(&str, u16, &[u8])]) -> (String, Arc<Script>) {
    let script = Arc::new(Script {
        answers: answers
            .iter()
            .map(|(asked, code, body)| ((*asked).to_owned(), (*code, body.to_vec())))
            .collect(),
        asked: Mutex::default(),
    });
    let shared = Arc::clone(&script);
    let router = Router::new().fallback(
        move |method: Method, uri: Uri, headers: HeaderMap, _: Bytes| async move {
            let asked = format!("{method} {}", uri.path());
            let accept = headers
                .get("accept")
                .map_or("", |value| value.to_str().unwrap());
            let line = format!("{asked} {accept}");
            shared.asked.lock().unwrap().push(line);
            let (code, body) = shared
                .answers
                .get(&asked)
                .cloned()
                .unwrap_or((404, Vec::new()));
            (StatusCode::from_u16(code).unwrap(), body)
        },
    );
    (service::serve(router), script)
}

fn program(server: &str) -> Program {
    let program = Program::ours();
    program.put(
        "kubeconfig",
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
             users: [{{name: u, user: {{token: t}}}}]\n\
             contexts: [{{name: x, context: {{cluster: c, user: u, namespace: from-context}}}}]\n\
             current-context: x\n"
        ),
    );
    program
}

const UNNAMED: &[u8] = br#"{"spec":{"ports":[{"port":8080}]}}"#;
const SECRET: &str = "kind: Secret\nmetadata: {name: a}\nstringData: {k: v}\n";
const ONLINE: [&str; 2] = ["--kubeconfig", "kubeconfig"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&ONLINE[..], arguments].concat()
}

#[test]
fn the_certificate_comes_through_the_service_proxy() {
    let pem = vector("keys/small.crt");
    let path = format!("GET {PROXY}/v1/cert.pem");
    let (server, script) = serve(&[(SERVICE, 200, UNNAMED), (&path, 200, &pem)]);
    let program = program(&server);
    let fetched = program.answer(&with(&["--fetch-cert"]), "");
    assert_eq!(fetched.as_bytes(), pem);
    assert_eq!(
        script.asked.lock().unwrap()[1],
        format!("{path} application/x-pem-file, */*")
    );
    let sealed = program.answer(&with(&["-oyaml"]), SECRET);
    assert!(sealed.contains("\n  namespace: from-context\n"), "{sealed}");
    let open = [
        "--recovery-unseal",
        "--recovery-private-key",
        "small.key",
        "-oyaml",
    ];
    assert!(program.answer(&open, sealed).contains("\n  k: dg==\n"));
    // Without any kubeconfig a server by flag is enough.
    let by_flag = program.answer(&["--fetch-cert", "--server", &server], "");
    assert_eq!(by_flag.as_bytes(), pem);
}

#[test]
fn a_named_port_and_other_names_go_into_the_path() {
    let service = "GET /api/v1/namespaces/own/services/sealer";
    let path = "GET /api/v1/namespaces/own/services/http:sealer:http/proxy/v1/cert.pem";
    let named = br#"{"spec":{"ports":[{"name":"http"},{"name":"other"}]}}"#;
    let (server, _) = serve(&[(service, 200, named), (path, 200, b"anything")]);
    let arguments = [
        "--fetch-cert",
        "--controller-namespace",
        "own",
        "--controller-name",
        "sealer",
    ];
    assert_eq!(program(&server).answer(&with(&arguments), ""), "anything");
}

#[test]
fn what_the_api_server_refuses_is_said_in_its_words() {
    let missing =
        br#"{"kind":"Status","message":"services \"sealed-secrets-controller\" not found"}"#;
    let (server, _) = serve(&[(SERVICE, 404, missing)]);
    let done = program(&server).run(&with(&["--fetch-cert"]), "");
    assert_eq!(done.code, 1);
    assert_eq!(
        done.stderr,
        "error: cannot get sealed secret service: services \"sealed-secrets-controller\" not found.\n\
         Please, use the flag --controller-name and --controller-namespace to set up the name and \
         namespace of the sealed secrets controller\n"
    );
    let (server, _) = serve(&[(SERVICE, 200, UNNAMED)]);
    let done = program(&server).run(&with(&["--fetch-cert"]), "");
    assert_eq!(
        done.stderr,
        "error: cannot fetch certificate: the server could not find the requested resource \
         (get services http:sealed-secrets-controller:)\n"
    );
    for (arguments, wanted) in [
        (
            &["--fetch-cert"][..],
            "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable",
        ),
        (
            &[
                "--fetch-cert",
                "--kubeconfig",
                "kubeconfig",
                "--context",
                "nope",
            ],
            "context \"nope\" does not exist",
        ),
        (
            &[
                "--fetch-cert",
                "--kubeconfig",
                "kubeconfig",
                "--cluster",
                "nope",
            ],
            "cluster \"nope\" does not exist",
        ),
    ] {
        let done = program(&server).run(arguments, "");
        assert_eq!(done.stderr, format!("error: {wanted}\n"));
    }
}

fn sealed() -> String {
    let arguments = ["--cert", "small.crt", "-oyaml", "-n", "ns"];
    Program::ours().answer(&arguments, SECRET)
}

#[test]
fn validating_asks_the_controller() {
    let path = format!("POST {PROXY}/v1/verify");
    for (code, wanted) in [
        (200, ""),
        (409, "error: unable to decrypt sealed secret: a\n"),
        (
            429,
            "error: cannot validate sealed secret: the server has received too many requests and has \
             asked us to try again later (post services http:sealed-secrets-controller:)\n",
        ),
    ] {
        let (server, script) = serve(&[(SERVICE, 200, UNNAMED), (&path, code, b"")]);
        let done = program(&server).run(&with(&["--validate"]), sealed());
        assert_eq!(done.stderr, wanted);
        assert_eq!(done.code, i32::from(code != 200));
        assert_eq!(script.asked.lock().unwrap().len(), 2, "asked once, {code}");
    }
    let (server, _) = serve(&[(SERVICE, 200, UNNAMED)]);
    let done = program(&server).run(&with(&["--validate"]), "");
    assert_eq!(
        done.stderr,
        "error: standard input: holds no SealedSecret\n"
    );
}

#[test]
fn re_encrypting_writes_the_answer_over_the_input_file() {
    let path = format!("POST {PROXY}/v1/rotate");
    let answer = br#"{"metadata":{"name":"a","namespace":"ns","creationTimestamp":null},"spec":{"template":{"metadata":{"name":"a"}},"encryptedData":{"k":"AgA="}}}"#;
    let (server, _) = serve(&[(SERVICE, 200, UNNAMED), (&path, 200, answer)]);
    let program_here = program(&server);
    program_here.put("sealed.yaml", sealed());
    let arguments = with(&["--re-encrypt", "-f", "sealed.yaml"]);
    assert_eq!(program_here.answer(&arguments, ""), "");
    assert_eq!(
        program_here.read("sealed.yaml"),
        "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: ns\n\
         spec:\n  encryptedData:\n    k: AgA=\n  template:\n    metadata:\n      name: a\n"
    );
    let shown = program_here.answer(&with(&["--rotate", "-oyaml"]), sealed());
    assert!(
        shown.starts_with(
            "Flag --rotate has been deprecated, please use --re-encrypt instead\n---\n"
        )
    );
    let (server, _) = serve(&[(SERVICE, 200, UNNAMED), (&path, 500, b"")]);
    let program_there = program(&server);
    program_there.put("sealed.yaml", sealed());
    let before = program_there.read("sealed.yaml");
    let done = program_there.run(&arguments, "");
    assert_eq!(
        done.stderr,
        "error: cannot re-encrypt secret: an error on the server (\"\") has prevented the request \
         from succeeding (post services http:sealed-secrets-controller:)\n"
    );
    assert_eq!(program_there.read("sealed.yaml"), before);
}

#[test]
fn a_certificate_comes_by_url_within_its_limit() {
    let pem = vector("keys/small.crt");
    let large = vec![b'x'; (1 << 20) + 1];
    let (server, _) = serve(&[("GET /cert.pem", 200, &pem), ("GET /large", 200, &large)]);
    let program = Program::ours();
    let url = format!("{server}/cert.pem");
    assert_eq!(
        program
            .answer(&["--fetch-cert", "--cert", &url], "")
            .as_bytes(),
        pem
    );
    for (path, wanted) in [
        ("none", "cannot fetch \"URL\": 404 Not Found"),
        ("large", "Get \"URL\": answer is larger than 1048576 bytes"),
    ] {
        let url = format!("{server}/{path}");
        let done = program.run(&["--fetch-cert", "--cert", &url], "");
        assert_eq!(
            done.stderr,
            format!("error: {}\n", wanted.replace("URL", &url))
        );
        assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    }
}
