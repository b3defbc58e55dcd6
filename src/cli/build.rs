//! `waxwing build`: what `kustomize build` does.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{Env, Exit, Failure, Shell, remote::Remotes};
use crate::{
    kustomize::{self, LoadRestrictions, Options, Reorder, Resource},
    object::{tree::Files, yaml},
    source::{Folder, local},
};

/// Build a kustomization, byte for byte as kustomize 5.8.1 does.
///
/// The manifests go to standard output; notes on deprecated fields go to standard error.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  waxwing build overlays/production | kubectl apply -f -\n  waxwing build overlays/production --revision v1.4.0\n  waxwing build overlays/production --explain Deployment/web"
)]
pub struct Args {
    /// The folder with the kustomization file.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Where files may lie.
    #[arg(
        long,
        value_name = "RULE",
        value_parser = ["LoadRestrictionsRootOnly", "LoadRestrictionsNone"],
        default_value = "LoadRestrictionsRootOnly"
    )]
    load_restrictor: String,
    /// Write to a file, or one file a resource into a folder that exists.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Build what a commit holds, whatever the work tree says: a branch, a tag, an id, or what `git rev-parse` takes.
    #[arg(long, value_name = "REF")]
    revision: Option<String>,
    /// Show which file and which step gave a resource each of its fields, instead of the manifests.
    #[arg(long, value_name = "KIND/NAME", conflicts_with = "output")]
    explain: Option<String>,
    /// Sort by kind (legacy), or not at all (none); `sortOptions` of the kustomization wins.
    #[arg(long, value_parser = ["legacy", "none"], hide = true)]
    reorder: Option<String>,
    /// Read bases and files from this host too, through Git or HTTP; may be given several times. Without it nothing
    /// is fetched.
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_remote: Vec<String>,
    /// Refused: charts are not inflated here.
    #[arg(long, hide = true)]
    enable_helm: bool,
    /// Refused: no programs are run during a build.
    #[arg(long, hide = true)]
    enable_alpha_plugins: bool,
}

/// What `waxwing build` is to do.
#[derive(Debug)]
pub struct Settings {
    dir: PathBuf,
    output: Option<PathBuf>,
    revision: Option<String>,
    allow_remote: Vec<String>,
    explain: Option<(String, String)>,
    options: Options,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// A flag asks for Helm or for programs.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        if self.enable_helm {
            return Err(Failure::new("--enable-helm is not supported")
                .hint("inflate the chart with `helm template` and commit the result"));
        }
        if self.enable_alpha_plugins {
            return Err(Failure::new("--enable-alpha-plugins is not supported"));
        }
        let explain = match &self.explain {
            None => None,
            Some(text) => Some(
                text.split_once('/')
                    .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
                    .map(|(kind, name)| (kind.to_owned(), name.to_owned()))
                    .ok_or_else(|| {
                        Failure::new(format!("--explain {text}: not of the form KIND/NAME"))
                            .hint("for example --explain Deployment/web")
                    })?,
            ),
        };
        Ok(Settings {
            explain,
            dir: self.dir,
            output: self.output,
            revision: self.revision,
            allow_remote: self.allow_remote,
            options: Options {
                load_restrictions: match self.load_restrictor.as_str() {
                    "LoadRestrictionsNone" => LoadRestrictions::None,
                    _ => LoadRestrictions::RootOnly,
                },
                reorder: self.reorder.map(|word| match word.as_str() {
                    "none" => Reorder::None,
                    _ => Reorder::Legacy,
                }),
                explain: self.explain.is_some(),
            },
        })
    }
}

/// Builds, and writes only what was built as a whole.
///
/// # Errors
/// The build fails (exit code 1), or the output cannot be written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let (files, dir): (Box<dyn Files>, String) = match &settings.revision {
        Some(revision) => {
            let at = local::at(&settings.dir, revision).map_err(|error| {
                Failure::new(error.to_string())
                    .hint("`git log --oneline --all` shows the commits that there are")
            })?;
            (Box::new(at.tree), at.folder)
        }
        None => {
            let dir = Folder::absolute(&settings.dir)
                .map_err(|error| Failure::new("failed to find the folder").because(error))?;
            (Box::new(Folder::new()), dir)
        }
    };
    let files = if settings.allow_remote.is_empty() {
        files
    } else {
        Box::new(Remotes::new(files, settings.allow_remote.clone())?)
    };
    let built = kustomize::build(files.as_ref(), &dir, &settings.options)
        .map_err(|error| failed(&error, &settings.dir))?;
    for note in &built.notes {
        shell.note(note);
    }
    if let Some((kind, name)) = &settings.explain {
        return explain(&built.resources, kind, name, shell);
    }
    match settings.output {
        None => {
            let text = built.text();
            shell.output().write_all(text.as_bytes())?;
            shell.output().flush()?;
        }
        Some(path) if path.is_dir() => {
            for (name, text) in named(&built.resources) {
                write(&path.join(name), &text)?;
            }
        }
        Some(path) => write(&path, &built.text())?,
    }
    Ok(Exit::Yes)
}

/// Kustomize's own words, then where it is to be mended.
fn failed(error: &kustomize::BuildError, dir: &Path) -> Failure {
    let mut message = error.to_string();
    if let Some(place) = error.place() {
        let place = kustomize::Place {
            file: dir.join(&place.file).display().to_string(),
            ..place.clone()
        };
        message = format!("{}\n --> {place}", message.trim_end());
    }
    let is_refused = message.contains("is remote, and remote sources");
    let failure = Failure::new(message).exiting(Exit::No);
    if is_refused {
        failure.hint("--allow-remote HOST reads bases from a host that you trust")
    } else {
        failure
    }
}

/// Shows what gave the fields of a resource; it may be called by a name that it had before.
fn explain(
    resources: &[Resource],
    kind: &str,
    name: &str,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let is_meant = |resource: &&Resource| {
        resource.kind().eq_ignore_ascii_case(kind)
            && (resource.name() == name || resource.original_id().name == name)
    };
    let found: Vec<&Resource> = resources.iter().filter(is_meant).collect();
    if found.is_empty() {
        let there: Vec<String> = resources
            .iter()
            .map(|resource| format!("{}/{}", resource.kind(), resource.name()))
            .collect();
        return Err(Failure::new(format!("the build has no {kind}/{name}"))
            .hint(format!("it has {}", there.join(", ")))
            .exiting(Exit::No));
    }
    for resource in found {
        shell.say(format_args!("{}", resource.id()))?;
        let fields = resource.causes();
        let width = fields.iter().map(|(field, _)| field.chars().count()).max();
        for (field, cause) in &fields {
            let width = width.unwrap_or_default();
            shell.say(format_args!("  {field:width$}  {cause}"))?;
        }
    }
    Ok(Exit::Yes)
}

/// One file a resource, named as kustomize names them.
fn named(resources: &[Resource]) -> Vec<(String, String)> {
    let namespaces: BTreeSet<String> = resources
        .iter()
        .map(Resource::id)
        .filter(|id| !id.is_cluster_scoped)
        .map(|id| id.effective_namespace().to_owned())
        .collect();
    let each = resources.iter().map(|resource| {
        let id = resource.id();
        let mut words = Vec::new();
        if namespaces.len() > 1 && !id.is_cluster_scoped {
            words.push(id.effective_namespace());
        }
        let gvk = &id.gvk;
        let parts = [&gvk.group, &gvk.version, &gvk.kind];
        words.extend(
            parts
                .into_iter()
                .map(String::as_str)
                .filter(|part| !part.is_empty()),
        );
        words.push(&id.name);
        let name = format!("{}.yaml", words.join("_").to_lowercase());
        (name, yaml::write(&resource.value))
    });
    each.collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face writes the files that -o names"
)]
fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("failed to write {}", path.display())).because(error))
}
