//! `waxwing version`.

use std::process::Command;

use serde_json::Value;

fn version(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_waxwing"))
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_says_what_the_flag_says_and_whom_it_follows() {
    let text = version(&["version"]);
    assert_eq!(
        text.lines().next().unwrap(),
        version(&["--version"]).trim_end()
    );
    assert!(text.contains("  as kustomize 5.8.1\n"), "{text}");
    let told: Value = serde_json::from_str(&version(&["version", "-o", "json"])).unwrap();
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["as"]["kustomize"], "5.8.1");
}
