//! `waxwing sandbox --data`: what was acknowledged survives the worst end of the process.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use assert_cmd::cargo::cargo_bin;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, Config,
    api::{ObjectMeta, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};

struct Server(Child, PathBuf);

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(cargo_bin("waxwing"))
            .args(["sandbox", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut path = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut path).unwrap();
        assert!(!path.is_empty(), "the server did not start");
        Self(child, PathBuf::from(path.trim_end()))
    }

    async fn maps(&self) -> Api<ConfigMap> {
        let kubeconfig = Kubeconfig::read_from(&self.1).unwrap();
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
        Api::default_namespaced(Client::try_from(config.unwrap()).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL: nothing is tidied up.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_last_acknowledged_write_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let maps = server.maps().await;
    for name in ["a", "b"] {
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.into()),
                ..Default::default()
            },
            ..Default::default()
        };
        maps.create(&PostParams::default(), &map).await.unwrap();
    }
    let made = maps.get("b").await.unwrap();
    let second = Command::new(cargo_bin("waxwing"))
        .args(["sandbox", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("is used by another sandbox"), "{said}");
    drop(server);
    let _server = Server::start(folder.path());
    // The client of the first server goes on with the second: port, CA and token are the same.
    assert_eq!(maps.get("b").await.unwrap(), made);
    assert!(maps.get("a").await.is_ok());
}
