//! `waxwing image set`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    change::{change, current, speaks_of},
    commit::Files,
    edit,
    find::{Spot, in_kustomization, in_patch, patch_files},
    reference::Reference,
};
use crate::cli::{Exit, Failure, Shell};

/// The names of a kustomization file, in the order in which kustomize looks.
const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Change an image in a kustomization, in place.
///
/// Changes the entries of `images:`, the values of JSON patches (in files and inline) and the containers of strategic
/// patches that speak of the image; comments, order and form stay. NAME is the name without tag, or its end behind a
/// slash where only one image has it. REF is a whole reference, or `:TAG` or `@DIGEST` for the same name.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing image set ghcr.io/example/backstage=:sha-8d1e0f4 overlays/production\n  \
    waxwing image set backstage=ghcr.io/example/backstage:sha-8d1e0f4 overlays/production --commit")]
pub(super) struct Args {
    /// The images with what they become, then the folder of the kustomization (`.` where none is given).
    #[arg(required = true, value_name = "NAME=REF… [PATH]")]
    words: Vec<String>,
    /// Commit the changed files, and nothing else.
    #[arg(long, conflicts_with = "check")]
    commit: bool,
    /// The message of the commit.
    #[arg(short, long, requires = "commit", value_name = "TEXT")]
    message: Option<String>,
    /// Change nothing; the exit code is 1 when something is not as asked.
    #[arg(long)]
    check: bool,
    /// text or json (an array of what changed).
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

/// One image and what it becomes.
struct Wish {
    name: String,
    wanted: Reference,
}

/// The texts of a kustomization and of its patches, by their names.
struct Texts {
    folder: PathBuf,
    files: BTreeMap<String, String>,
    spots: Vec<Spot>,
}

/// One change that was made.
struct Change {
    file: String,
    line: usize,
    from: Reference,
    to: Reference,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let (wishes, path) = parsed(&args.words)?;
    let mut texts = Texts::read(&path)?;
    let before = texts.files.clone();
    let mut changes = Vec::new();
    for wish in &wishes {
        changes.extend(texts.change(wish)?);
    }
    let names: Vec<String> = texts
        .files
        .iter()
        .filter(|(name, text)| before.get(*name) != Some(*text))
        .map(|(name, _)| name.clone())
        .collect();
    let files = Files {
        folder: &texts.folder,
        names,
    };
    let mut commit = None;
    if !args.check && !files.names.is_empty() {
        if args.commit {
            files.must_be_clean()?;
        }
        for name in &files.names {
            let text = texts
                .files
                .get(name)
                .map(String::as_str)
                .unwrap_or_default();
            write(&texts.folder.join(name), text)?;
        }
        if args.commit {
            let message = args.message.clone().unwrap_or_else(|| message(&changes));
            commit = Some(files.commit(&message)?);
        }
    }
    tell(&changes, commit.as_deref(), args, shell)?;
    Ok(if args.check && !changes.is_empty() {
        Exit::No
    } else {
        Exit::Yes
    })
}

fn tell(
    changes: &[Change],
    commit: Option<&str>,
    args: &Args,
    shell: &mut Shell,
) -> Result<(), Failure> {
    if args.output == "json" {
        let all: Vec<_> = changes
            .iter()
            .map(|one| {
                json!({"file": one.file, "line": one.line, "from": one.from.to_string(),
                    "to": one.to.to_string()})
            })
            .collect();
        let told = json!({"changes": all, "commit": commit});
        return shell.say(serde_json::to_string_pretty(&told).unwrap_or_default());
    }
    for one in changes {
        shell.say(format_args!(
            "{}:{}: {} -> {}",
            one.file, one.line, one.from, one.to
        ))?;
    }
    if changes.is_empty() {
        shell.say("everything is as asked already")?;
    }
    if let Some(commit) = commit {
        shell.say(format_args!("committed {commit}"))?;
    }
    Ok(())
}

fn message(changes: &[Change]) -> String {
    let all: BTreeSet<String> = changes.iter().map(|one| one.to.to_string()).collect();
    let all: Vec<String> = all.into_iter().collect();
    format!("Set image {}", all.join(", "))
}

/// The wishes, and the folder behind them.
fn parsed(words: &[String]) -> Result<(Vec<Wish>, PathBuf), Failure> {
    let (last, others) = words
        .split_last()
        .ok_or_else(|| Failure::new("no image is given"))?;
    let (wishes, path) = if last.contains('=') {
        (words, PathBuf::from("."))
    } else {
        (others, PathBuf::from(last))
    };
    let wishes: Vec<Wish> = wishes
        .iter()
        .map(|word| wish(word))
        .collect::<Result<_, _>>()?;
    if wishes.is_empty() {
        return Err(Failure::new("no image is given").hint("write NAME=REF before the path"));
    }
    Ok((wishes, path))
}

fn wish(word: &str) -> Result<Wish, Failure> {
    let parts = word.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, text) = parts.ok_or_else(|| {
        Failure::new(format!("{word:?} is not NAME=REF"))
            .hint("such as ghcr.io/example/backstage=:sha-8d1e0f4")
    })?;
    let wanted = Reference::wanted(text).map_err(|error| {
        let failure = Failure::new(format!("invalid image {text:?}")).because(error);
        failure.hint("write :TAG or @DIGEST for the same name, or the whole reference")
    })?;
    Ok(Wish {
        name: name.to_owned(),
        wanted,
    })
}

impl Texts {
    fn read(path: &Path) -> Result<Self, Failure> {
        let (folder, name) = kustomization(path)?;
        let text = read(&folder.join(&name))?;
        let unreadable = |file: &str, error: crate::object::yaml::YamlError| {
            Failure::new(format!("failed to read {}", folder.join(file).display())).because(error)
        };
        let documents = edit::read(&text).map_err(|error| unreadable(&name, error))?;
        let patches = documents
            .first()
            .map(|one| patch_files(&one.value))
            .unwrap_or_default();
        let mut spots = in_kustomization(&name, &text).map_err(|error| unreadable(&name, error))?;
        let mut files = BTreeMap::from([(name, text)]);
        for file in patches {
            let text = read(&folder.join(&file))?;
            spots.extend(in_patch(&file, &text).map_err(|error| unreadable(&file, error))?);
            files.insert(file, text);
        }
        Ok(Self {
            folder,
            files,
            spots,
        })
    }

    fn text(&self, spot: &Spot) -> &str {
        self.files
            .get(&spot.file)
            .map(String::as_str)
            .unwrap_or_default()
    }

    fn change(&mut self, wish: &Wish) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        for spot in self.matching(&wish.name)? {
            let failed = |error| {
                let place = format!("{}:{}", self.folder.join(&spot.file).display(), spot.line);
                Failure::new(format!("failed to change the image at {place}")).because(error)
            };
            let from = current(self.text(&spot), &spot).map_err(failed)?;
            let to = wish.wanted.named(&from.name);
            if from == to {
                continue;
            }
            let text = change(self.text(&spot), &spot, &to).map_err(failed)?;
            let (file, line) = (spot.file.clone(), spot.line);
            self.files.insert(spot.file, text);
            changes.push(Change {
                file,
                line,
                from,
                to,
            });
        }
        Ok(changes)
    }

    /// The places that speak of an image: by its whole name, or by the end of it where that is clear.
    fn matching(&self, name: &str) -> Result<Vec<Spot>, Failure> {
        let mut known = BTreeMap::new();
        let mut exact = Vec::new();
        let mut by_end: BTreeMap<String, Vec<Spot>> = BTreeMap::new();
        for spot in &self.spots {
            let now = current(self.text(spot), spot).map_err(|error| {
                Failure::new(format!("failed to read {}", spot.file)).because(error)
            })?;
            if speaks_of(&now, spot, name) {
                exact.push(spot.clone());
            } else if now.name.ends_with(&format!("/{name}")) {
                by_end
                    .entry(now.name.clone())
                    .or_default()
                    .push(spot.clone());
            }
            known
                .entry(now.name.clone())
                .or_insert_with(|| format!("{now} at {}:{}", spot.file, spot.line));
        }
        if !exact.is_empty() {
            return Ok(exact);
        }
        let shown = self.folder.display();
        let mut failure = match by_end.len() {
            1 => return Ok(by_end.into_values().flatten().collect()),
            0 => Failure::new(format!("no image {name:?} in {shown}")),
            _ => {
                known.retain(|one, _| by_end.contains_key(one));
                Failure::new(format!("several images in {shown} end in {name:?}"))
            }
        };
        failure = failure.exiting(Exit::CouldNotTell);
        if known.is_empty() {
            return Err(failure.hint(
                "nothing here sets an image; an `images:` entry in the kustomization can do it",
            ));
        }
        Err(known.values().fold(failure, |failure, one| {
            failure.hint(format!("there is {one}"))
        }))
    }
}

/// The folder and the name of the kustomization file.
fn kustomization(path: &Path) -> Result<(PathBuf, String), Failure> {
    let name = |path: &Path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .map(str::to_owned)
    };
    if path.is_file() {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let name = name(path).filter(|name| NAMES.contains(&name.as_str()));
        return name.map(|name| (folder, name)).ok_or_else(|| {
            Failure::new(format!("{} is not a kustomization", path.display()))
                .hint("name the folder of the kustomization")
        });
    }
    let found = NAMES.iter().find(|name| path.join(name).is_file());
    found
        .map(|name| (path.to_owned(), (*name).to_owned()))
        .ok_or_else(|| {
            Failure::new(format!("no kustomization in {}", path.display()))
                .hint(format!("expected one of {}", NAMES.join(", ")))
        })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face edits the files that it is named"
)]
fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("failed to read {}", path.display())).because(error))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the face edits the files that it is named"
)]
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("failed to write {}", path.display())).because(error))
}
