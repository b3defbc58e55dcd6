//! One look at Git and the cluster from the desk.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::connect::Connection;
use crate::{
    cli::{Failure, controllers::GitSettings},
    clock::Clock,
    cluster::Cluster,
    controller::application::{self, Applier, Instead, Preview},
    object::Object,
    source::{Folder, Mapping},
};

/// Which commit or folder is looked at.
#[derive(Clone, Debug, clap::Args)]
pub struct LookArgs {
    /// Branch, tag or commit instead of the application's own.
    #[arg(long, value_name = "REVISION")]
    pub(super) revision: Option<String>,
    /// A folder of this machine in the place of the application's path.
    #[arg(long, value_name = "DIR", conflicts_with = "revision")]
    pub(super) local: Option<PathBuf>,
    /// Read this repository, or all whose URL begins so, from somewhere else; may be repeated.
    #[arg(long, value_name = "URL=PATH", value_parser = crate::cli::controllers::mapping)]
    pub(super) git_url: Vec<Mapping>,
}

impl LookArgs {
    /// Renders and compares; nothing is written.
    pub(super) async fn look(
        &self,
        connection: &Connection,
        cluster: &Cluster,
        app: &Object,
    ) -> Result<Preview, Failure> {
        let git = GitSettings {
            mappings: self.git_url.clone(),
            store: None,
            applications: application::Settings {
                namespace: None,
                control_namespace: connection.app_namespace.clone(),
                poll: SignedDuration::ZERO,
                only_looks: true,
            },
        };
        let repositories = git.open()?;
        let applier = Applier::new(cluster, &Clock::wall(), &repositories.git, git.applications);
        let folder = match &self.local {
            Some(folder) => Some(Folder::absolute(folder).map_err(|error| {
                Failure::new(format!("failed to find {}", folder.display())).because(error)
            })?),
            None => None,
        };
        let instead = Instead {
            revision: self.revision.clone(),
            folder,
        };
        let name = app.name();
        let seen = applier.preview(app, &instead).await.map_err(|error| {
            Failure::new(format!("failed to compare application {name}")).because(error)
        })?;
        seen.map_err(|why| {
            let failure = Failure::new(format!("failed to render application {name}")).because(why);
            if self.local.is_some() || !self.git_url.is_empty() {
                return failure;
            }
            failure.hint(
                "--git-url URL=PATH reads the repository from where this machine has it, --local DIR from a folder",
            )
        })
    }
}
