//! Where the story plays: the embedded cluster, and the hands that people have on it.

use std::{
    ffi::OsStr,
    io::Write,
    os::unix::process::CommandExt,
    pin::pin,
    process::{Command, Stdio},
    time::Duration,
};

use futures::StreamExt;
use serde_json::Value;

use crate::{
    cli::{
        Failure,
        embedded::{Embedded, refused},
    },
    clock::Clock,
    cluster::{ClusterError, Watch},
    object::{Object, ObjectRef},
    sandbox::{Sandbox, SandboxOptions, ServeOptions},
};

/// How long the story waits for something before it says that it did not happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// The embedded cluster with its controllers, on wall time.
pub struct Stage {
    embedded: Embedded,
}

impl Stage {
    /// Starts the cluster.
    ///
    /// # Errors
    /// No port or file is to be had.
    pub async fn start() -> Result<Self, Failure> {
        let sandbox = Sandbox::new(SandboxOptions {
            clock: Clock::wall(),
        });
        let embedded = Embedded::start(sandbox, ServeOptions::default())
            .await
            .map_err(refused)?;
        Ok(Self { embedded })
    }

    /// Ends the cluster.
    pub async fn stop(self) {
        self.embedded.stop().await;
    }

    /// Where the server listens, as people write it.
    pub fn address(&self) -> String {
        format!("https://{}", self.embedded.served().address())
    }

    /// Waits until the controller has a sealing key; false if it gets none.
    pub async fn has_key(&self) -> bool {
        tokio::time::timeout(PATIENCE, self.embedded.keys_ready())
            .await
            .is_ok()
    }

    /// Runs our `kubeseal` as its own process against this cluster, and gives what it printed.
    ///
    /// # Errors
    /// The process cannot be run, or says an error.
    pub async fn kubeseal(&self, arguments: &[&str], input: String) -> Result<String, Failure> {
        let kubeconfig = self.embedded.served().kubeconfig().to_owned();
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        tokio::task::spawn_blocking(move || {
            run_kubeseal(kubeconfig.as_os_str(), &arguments, &input)
        })
        .await
        .map_err(|error| Failure::new("kubeseal broke off").because(error))?
    }

    /// An object as it stands now.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn get(&self, target: &ObjectRef) -> Result<Option<Object>, Failure> {
        self.embedded.cluster().get(target).await.map_err(failed)
    }

    /// Makes an object.
    ///
    /// # Errors
    /// The cluster refuses it.
    pub async fn create(&self, value: Value) -> Result<Object, Failure> {
        self.embedded
            .cluster()
            .create(&object(value)?)
            .await
            .map_err(failed)
    }

    /// Writes an object over the one that is there.
    ///
    /// # Errors
    /// The cluster refuses it.
    pub async fn replace(&self, object: &Object) -> Result<Object, Failure> {
        self.embedded
            .cluster()
            .replace(object)
            .await
            .map_err(failed)
    }

    /// An object as soon as it is as expected; none if that does not come.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn wait_for(
        &self,
        target: &ObjectRef,
        expected: impl Fn(&Object) -> bool,
    ) -> Result<Option<Object>, Failure> {
        let watch = Watch::all(target.gvk.clone()).within(target.namespace.as_deref());
        let mut changes = pin!(self.embedded.cluster().watch(&watch).map_err(failed)?);
        let search = async {
            loop {
                if let Some(found) = self.get(target).await?.filter(&expected) {
                    return Ok(Some(found));
                }
                if changes.next().await.is_none() {
                    return Ok(None);
                }
            }
        };
        tokio::time::timeout(PATIENCE, search)
            .await
            .unwrap_or(Ok(None))
    }
}

/// Takes a value as an object.
///
/// # Errors
/// It is none.
pub fn object(value: Value) -> Result<Object, Failure> {
    Object::from_value(value)
        .map_err(|error| Failure::new("failed to read an object").because(error))
}

fn failed(error: ClusterError) -> Failure {
    Failure::new("the embedded cluster refused").because(error)
}

/// The program is its own `kubeseal` when it is called by that name.
fn run_kubeseal(kubeconfig: &OsStr, arguments: &[String], input: &str) -> Result<String, Failure> {
    let broken = |error| Failure::new("failed to run kubeseal").because(error);
    let program = std::env::current_exe().map_err(broken)?;
    let mut child = Command::new(program)
        .arg0("kubeseal")
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(broken)?;
    }
    let done = child.wait_with_output().map_err(broken)?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&done.stderr).trim_end().to_owned();
        Err(Failure::new(format!("kubeseal failed: {said}")))
    }
}
