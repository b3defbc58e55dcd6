//! Whoever looks is told how a version stands: in conditions, events, figures and commands.

use serde_json::Value;
use waxwing::{
    object::Object,
    sandbox::{self, ServeOptions},
    sync::health,
};

use super::{
    secret_stage::Stage,
    server::{Server, sandbox_only},
    world::sealed_ref,
};

fn health_of(sealed: &Object) -> String {
    health::of(sealed).unwrap().status.text().to_owned()
}

async fn sealed(stage: &Stage) -> Object {
    stage.get(&sealed_ref("db")).await.unwrap()
}

#[tokio::test]
async fn point_09_an_application_follows_the_condition() {
    let stage = Stage::begun().await;
    assert_eq!(health_of(&sealed(&stage).await), "Healthy");
    stage.seal("bad").await;
    stage.condition("db", "Progressing: version 2").await;
    assert_eq!(health_of(&sealed(&stage).await), "Progressing");
    stage.rollout("web", "Paused", "2").await;
    stage.abort("web").await;
    stage.condition("db", "Rejected: version 2").await;
    assert_eq!(health_of(&sealed(&stage).await), "Degraded");
    // Asked for something else, the rejection speaks of the past: unobserved, then on its way, then well.
    stage.seal("old").await;
    let asked = sealed(&stage).await;
    let observed = asked.at(&["status", "observedGeneration"]);
    if observed.and_then(Value::as_i64) != asked.generation() {
        assert_eq!(health_of(&asked), "Progressing");
    }
    stage.condition("db", "Promoted: version 1").await;
    assert_eq!(health_of(&sealed(&stage).await), "Healthy");
}

#[tokio::test]
async fn point_09_what_was_rejected_and_is_asked_for_again_is_on_its_way() {
    let stage = Stage::rejected().await;
    stage.seal("old").await;
    stage.rollout("web", "Healthy", "3").await;
    stage.seal("bad").await;
    let mut said = Vec::new();
    stage
        .until("it is tried again", async |stage: &Stage| {
            stage.promoted("db").await.contains("version 2")
        })
        .await;
    for _ in 0..4 {
        said.push(stage.promoted("db").await);
        stage.pass(1).await;
    }
    assert!(
        said.iter()
            .all(|said| said.starts_with("Progressing: version 2")),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn point_09_commands_and_figures_show_it() {
    sandbox_only!();
    let stage = Stage::rejected().await;
    let figures = stage.running.handle.metrics.text();
    let rejected = r#"promotion_info{namespace="shop",name="db",reason="Rejected"} 1"#;
    assert!(figures.contains(rejected), "{figures}");
    let Server::Sandbox(server) = stage.world.sandbox.clone() else {
        return;
    };
    let served = sandbox::serve(server, ServeOptions::default())
        .await
        .unwrap();
    let kubeconfig = served.kubeconfig().display().to_string();
    let run = async |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_waxwing"));
        command
            .args(words)
            .args(["-n", "shop", "--kubeconfig", &kubeconfig])
            .env_clear();
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let list = run(&["secret", "list"]).await;
    assert!(
        list.contains("Rejected   version 2 was rejected by Rollout web in revision 2"),
        "{list}"
    );
    let history = run(&["secret", "history", "db"]).await;
    assert!(
        history.contains("desired,rejected") && history.contains("web revision 2"),
        "{history}"
    );
    let tree = run(&["rollout", "get", "web"]).await;
    assert!(
        tree.contains("stable,db:v1") && tree.contains("db:v2"),
        "{tree}"
    );
    // Its clock stands in another year than ours, and ages are told by it.
    assert!(!tree.contains("<invalid>"), "{tree}");
    served.stop().await;
}
