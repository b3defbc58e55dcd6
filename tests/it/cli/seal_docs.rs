//! The examples of docs/sealing.md, run line by line: what a reader copies must do what the page says.

use std::process::Command;

use super::desk::Desk;

/// A program for the page that prints a Secret.
const PRINTS_A_SECRET: &str = "#!/bin/sh\ncat <<'END'\n# of the shop\napiVersion: v1\nkind: Secret\nmetadata:\n  name: cache\n  namespace: shop\nstringData:\n  # who asks\n  user: me\nEND\n";

/// The commands of the page, each with the output that is shown below it.
fn examples(page: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => examples.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
                (None, None) => panic!("output before a command: {line}"),
            },
            _ => {}
        }
    }
    examples
}

/// Whether a text is as shown, where `…` stands for anything on one line.
fn is_as_shown(text: &str, shown: &str) -> bool {
    let (text, shown): (Vec<&str>, Vec<&str>) = (text.lines().collect(), shown.lines().collect());
    let fits = |line: &str, shown: &str| {
        let mut rest = line;
        let parts: Vec<&str> = shown.split('…').collect();
        for (place, part) in parts.iter().enumerate() {
            let is_last = place + 1 == parts.len();
            rest = match (place, rest.find(part)) {
                (0, _) if !rest.starts_with(part) => return false,
                (_, _) if is_last && place > 0 => return rest.ends_with(part),
                (_, Some(at)) => &rest[at + part.len()..],
                (_, None) => return false,
            };
        }
        rest.is_empty()
    };
    text.len() == shown.len()
        && text
            .iter()
            .zip(shown)
            .all(|(line, shown)| fits(line, shown))
}

#[test]
fn every_line_does_what_the_page_says() {
    use std::os::unix::fs::PermissionsExt;
    let page = include_str!("../../../docs/sealing.md");
    let examples = examples(page);
    assert!(examples.len() >= 12, "{}", examples.len());
    let desk = Desk::new();
    desk.put("cert.pem", desk.read("small.crt"));
    desk.put("keys.pem", desk.read("small.key"));
    desk.put("new.crt", desk.read("primary.crt"));
    desk.put("new.pem", desk.read("primary.key"));
    desk.put("bin/kubectl-like-secret", PRINTS_A_SECRET);
    let program = desk.path("bin/kubectl-like-secret");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_waxwing"), desk.path("bin/waxwing")).unwrap();
    let path = std::env::var("PATH").unwrap();
    for (command, shown) in examples {
        if command.contains(" tree ") && !desk.path("tree").exists() {
            desk.put("tree/sealed.yaml", desk.read("sealed.yaml"));
        }
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("exec 2>&1\n{command}"))
            .env_clear()
            .env("HOME", desk.path(""))
            .env("PATH", format!("{}:{path}", desk.path("bin").display()))
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        let mut said = String::from_utf8(output.stdout).unwrap();
        if let Some(code) = output.status.code().filter(|code| *code != 0) {
            said.push_str(&format!("[{code}]\n"));
        }
        assert!(
            is_as_shown(&said, &shown),
            "$ {command}\n{said}\n--- the page shows\n{shown}"
        );
    }
}

#[test]
fn the_configuration_of_the_page_is_one() {
    let page = include_str!("../../../docs/sealing.md");
    let text = page
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let desk = Desk::new();
    desk.put(".waxwing.yaml", text);
    desk.put("certs/staging.pem", desk.read("small.crt"));
    desk.put(
        "clusters/staging/secret.yaml",
        "kind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {k: v}\n",
    );
    desk.said(&["seal", "clusters/staging/secret.yaml"], "");
    desk.put(
        "clusters/production/secret.yaml",
        desk.read("clusters/staging/secret.yaml"),
    );
    let words = [
        "seal",
        "clusters/production/secret.yaml",
        "--cert",
        "small.crt",
    ];
    desk.refused(&words, "", 2, "seal[1] wants SHA256:f6k1");
}
