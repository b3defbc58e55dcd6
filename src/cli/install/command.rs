//! The command line of `waxwing install`.

use clap::ValueEnum;
use serde_json::json;

use super::{
    apply::apply,
    manifest::{Plan, manifests},
};
use crate::{
    cli::{Env, Exit, Failure, Shell, access::Access, block_on, controllers::part},
    controller::Part,
    object::yaml,
};

/// The image, unless another is named.
const IMAGE: &str = concat!("waxwing:", env!("CARGO_PKG_VERSION"));

/// Print all that a cluster needs to run the controllers, or write it there.
///
/// Definitions, account, rights, Services, Deployment and PodDisruptionBudget. The rights to apply whatever is in Git are
/// a role of their own, which only --bind-applier binds; without it Applications are not worked at.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  waxwing install | kubectl apply --server-side -f -\n  waxwing install --namespaced --namespace team-a\n  waxwing install --bind-applier --apply"
)]
pub struct Args {
    /// Namespace of the controller; kubeseal looks for it in kube-system.
    #[arg(short, long, value_name = "NAME", default_value = "kube-system")]
    namespace: String,
    /// Work in that namespace only, without any right in the rest of the cluster.
    #[arg(long)]
    namespaced: bool,
    /// The controllers to run: sealed-secrets, rollouts, analysis, applications; without it all that have their rights.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = part)]
    controllers: Vec<Part>,
    /// Give the rights to apply anything, and work at Applications.
    #[arg(long)]
    bind_applier: bool,
    /// Leave out the custom resource definitions.
    #[arg(long)]
    without_crds: bool,
    /// Image of the controller.
    #[arg(long, value_name = "REF", default_value = IMAGE)]
    image: String,
    /// Number of pods: one works, the others stand by.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    replicas: u32,
    /// Write to the cluster instead of printing.
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    access: Access,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Output::Yaml, conflicts_with = "apply")]
    output: Output,
}

/// Values of `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A stream of documents.
    Yaml,
    /// One List.
    Json,
}

/// What `waxwing install` is to do.
#[derive(Debug)]
pub struct Settings {
    plan: Plan,
    access: Option<Access>,
    output: Output,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// Flags that do not go together.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        let has_applications = self.controllers.contains(&Part::Applications);
        if has_applications && !self.bind_applier {
            return Err(Failure::new(
                "applications cannot be worked at without the rights to apply them",
            )
            .hint("--bind-applier gives them"));
        }
        if self.namespaced && self.bind_applier {
            return Err(Failure::new(
                "--bind-applier gives rights in the whole cluster, which --namespaced forbids",
            ));
        }
        let mut parts = self.controllers;
        if parts.is_empty() {
            parts = Part::ALL.to_vec();
            parts.retain(|part| *part != Part::Applications || self.bind_applier);
        }
        Ok(Settings {
            plan: Plan {
                namespace: self.namespace,
                namespaced: self.namespaced,
                parts: parts.into_iter().collect(),
                binds_applier: self.bind_applier,
                has_definitions: !self.without_crds,
                image: self.image,
                replicas: self.replicas,
            },
            access: self.apply.then_some(self.access),
            output: self.output,
        })
    }
}

/// Prints the manifests, or applies them.
///
/// # Errors
/// Standard output is closed, or the cluster refuses an object.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let all = manifests(&settings.plan);
    if let Some(access) = settings.access {
        block_on(async {
            let cluster = access.cluster().await?;
            apply(&cluster, all, |line| shell.say(line)).await
        })??;
        return Ok(Exit::Yes);
    }
    match settings.output {
        Output::Json => {
            let list = json!({"apiVersion": "v1", "kind": "List", "items": all});
            shell.say(format_args!("{list:#}"))?;
        }
        Output::Yaml => {
            for value in all {
                let text = yaml::write(&value);
                shell.say(format_args!("---\n{}", text.trim_end()))?;
            }
        }
    }
    Ok(Exit::Yes)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn resolve(words: &[&str]) -> Result<Settings, Failure> {
        let line = Line::try_parse_from(["install"].iter().chain(words)).unwrap();
        line.args.resolve(&Env::default())
    }

    #[test]
    fn applications_come_with_their_rights_only() {
        let parts = |words: &[&str]| resolve(words).unwrap().plan.parts;
        assert!(!parts(&[]).contains(&Part::Applications));
        assert!(parts(&["--bind-applier"]).contains(&Part::Applications));
        assert_eq!(parts(&["--controllers=rollouts"]).len(), 1);
        assert!(resolve(&["--controllers=applications"]).is_err());
        assert!(resolve(&["--namespaced", "--bind-applier"]).is_err());
    }
}
