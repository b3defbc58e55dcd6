//! What `waxwing install` prints, beside the files under deploy/.

use assert_cmd::Command;

fn printed(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("waxwing").unwrap();
    let output = command.arg("install").args(arguments).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

#[test]
fn the_files_under_deploy_are_what_it_prints() {
    for (file, kept, arguments) in [
        (
            "install.yaml",
            include_str!("../../../deploy/install.yaml"),
            &[][..],
        ),
        (
            "install-namespaced.yaml",
            include_str!("../../../deploy/install-namespaced.yaml"),
            &["--namespaced", "--namespace=waxwing"][..],
        ),
    ] {
        let fresh = printed(arguments);
        assert!(
            fresh == kept,
            "deploy/{file} is out of date: waxwing install {} > deploy/{file}",
            arguments.join(" ")
        );
    }
}

#[test]
fn json_is_one_list() {
    let list: serde_json::Value = serde_json::from_str(&printed(&["-o", "json"])).unwrap();
    assert_eq!(list["kind"], "List");
    let last = list["items"].as_array().unwrap().last().unwrap();
    assert_eq!(last["kind"], "PodDisruptionBudget");
}
