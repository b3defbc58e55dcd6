//! The repositories: each fetched into a bare store of its own, or opened where it lies.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use gix::{progress::Discard, remote::Direction};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::{
    credentials::Credentials,
    error::{SourceError, chain},
    git_tree::GitTree,
    revision::{Refs, Resolved},
    url::{Mapping, Place, place, scrub},
};

/// How long one fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(120);

/// The most branches and tags of a repository.
const MAX_REFS: usize = 50_000;

/// How far back history is followed.
const MAX_HISTORY: usize = 100_000;

/// Where repositories are kept and how they are reached.
#[derive(Clone, Debug, Default)]
pub struct GitOptions {
    /// The folder of the bare stores.
    pub store: PathBuf,
    /// Repositories that are read from somewhere else.
    pub mappings: Vec<Mapping>,
    /// The program that speaks ssh, `ssh` unless said.
    pub ssh_command: Option<String>,
}

/// All repositories. Cheap to clone.
#[derive(Clone)]
pub struct Git(Arc<Inner>);

struct Inner {
    options: GitOptions,
    repositories: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Known>>>>,
}

/// What is known of one repository; one fetch at a time.
#[derive(Default)]
struct Known {
    refs: Option<Refs>,
    credentials: Option<Credentials>,
}

/// A commit of a repository with its files.
#[derive(Clone)]
pub struct Snapshot {
    /// Full id of the commit.
    pub commit: String,
    /// Its files.
    pub tree: Arc<GitTree>,
}

impl Git {
    /// The repositories of a store.
    pub fn new(options: GitOptions) -> Self {
        Self(Arc::new(Inner {
            options,
            repositories: Mutex::default(),
        }))
    }

    /// What a repository is asked with from now on.
    pub async fn authenticate(&self, url: &str, credentials: Option<Credentials>) {
        self.known(url).lock().await.credentials = credentials;
    }

    /// Asks a repository for what is new.
    ///
    /// # Errors
    /// [`SourceError`]; what was fetched before stays.
    pub async fn fetch(&self, url: &str) -> Result<Refs, SourceError> {
        let known = self.known(url);
        let mut known = known.lock().await;
        let place = place(url, &self.0.options.mappings)?;
        let (inner, shown) = (self.0.clone(), scrub(url));
        let credentials = known.credentials.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = stop.clone();
        let work = spawn_blocking(move || match place {
            Place::Folder(folder) => {
                let repo = open_folder(&folder).map_err(|cause| unfetched(&shown, cause))?;
                refs_of(&repo).map_err(|cause| unfetched(&shown, cause))
            }
            Place::Remote(address) => inner.fetch(&address, &shown, credentials.as_ref(), &flag),
        });
        let refs = match tokio::time::timeout(FETCH_TIMEOUT, work).await {
            Ok(Ok(refs)) => refs?,
            Ok(Err(_)) => return Err(unfetched(&scrub(url), "the fetch broke off".to_owned())),
            Err(_) => {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
                return Err(unfetched(&scrub(url), "no answer in time".to_owned()));
            }
        };
        known.refs = Some(refs.clone());
        Ok(refs)
    }

    /// The commit that a revision names, by what was fetched last; fetches where nothing was.
    ///
    /// # Errors
    /// [`SourceError`] for a repository that is away, or a revision that nobody knows.
    pub async fn resolve(&self, url: &str, revision: &str) -> Result<String, SourceError> {
        let known = self.known(url).lock().await.refs.clone();
        let refs = match known {
            Some(refs) => refs,
            None => self.fetch(url).await?,
        };
        let unknown = || SourceError::Revision {
            url: scrub(url),
            revision: revision.to_owned(),
        };
        match refs.resolve(revision) {
            Resolved::Commit(id) => Ok(id),
            Resolved::Unknown => Err(unknown()),
            Resolved::Prefix(prefix) => {
                let (repo, shown) = (self.open(url).await?, unknown());
                spawn_blocking(move || {
                    let repo = repo.to_thread_local();
                    let id = repo.rev_parse_single(prefix.as_str()).ok()?;
                    repo.find_commit(id.detach()).ok()?;
                    Some(id.to_string())
                })
                .await
                .ok()
                .flatten()
                .ok_or(shown)
            }
        }
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// [`SourceError`] where the commit is not in the store.
    pub async fn snapshot(&self, url: &str, commit: &str) -> Result<Snapshot, SourceError> {
        let repo = self.open(url).await?;
        let (commit, shown) = (commit.to_owned(), scrub(url));
        let broken = |cause: String| SourceError::Commit {
            url: shown.clone(),
            commit: commit.clone(),
            cause,
        };
        let wanted = commit.clone();
        let found = spawn_blocking(move || {
            let local = repo.to_thread_local();
            let id = gix::ObjectId::from_hex(wanted.as_bytes())
                .map_err(|_| "not the id of a commit".to_owned())?;
            let object = local
                .find_commit(id)
                .map_err(|_| "it is not in the repository".to_owned())?;
            let tree = object
                .tree_id()
                .map_err(|_| "its tree is not in the repository".to_owned())?
                .detach();
            Ok::<_, String>(GitTree::new(repo, tree))
        })
        .await
        .map_err(|_| broken("reading broke off".to_owned()))?;
        Ok(Snapshot {
            tree: Arc::new(found.map_err(&broken)?),
            commit: commit.clone(),
        })
    }

    /// Whether a commit stands in the history of another; `false` where it cannot be told.
    pub async fn follows(&self, url: &str, before: &str, after: &str) -> bool {
        if before == after {
            return true;
        }
        let Ok(repo) = self.open(url).await else {
            return false;
        };
        let (before, after) = (before.to_owned(), after.to_owned());
        let found = spawn_blocking(move || {
            let repo = repo.to_thread_local();
            let id = |text: &str| gix::ObjectId::from_hex(text.as_bytes()).ok();
            let (before, after) = (id(&before)?, id(&after)?);
            let walk = repo.rev_walk([after]).all().ok()?;
            let mut walk = walk.take(MAX_HISTORY).filter_map(Result::ok);
            Some(walk.any(|commit| commit.id == before))
        });
        found.await.ok().flatten().unwrap_or(false)
    }

    fn known(&self, url: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut all = self
            .0
            .repositories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.entry(url.to_owned()).or_default().clone()
    }

    async fn open(&self, url: &str) -> Result<gix::ThreadSafeRepository, SourceError> {
        let place = place(url, &self.0.options.mappings)?;
        let (inner, shown) = (self.0.clone(), scrub(url));
        let opened = spawn_blocking(move || match place {
            Place::Folder(folder) => open_folder(&folder),
            Place::Remote(address) => inner.open(&inner.folder(&address), Vec::new()),
        });
        let cause = match opened.await {
            Ok(Ok(repo)) => return Ok(repo.into_sync()),
            Ok(Err(cause)) => cause,
            Err(_) => "opening broke off".to_owned(),
        };
        Err(SourceError::Store { url: shown, cause })
    }
}

fn unfetched(url: &str, cause: String) -> SourceError {
    SourceError::Fetch {
        url: url.to_owned(),
        cause,
    }
}

impl Inner {
    /// The bare store of a repository: named by a hash, so that no URL becomes a path.
    fn folder(&self, address: &str) -> PathBuf {
        let hash = Sha256::digest(address.as_bytes());
        let name: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
        self.options.store.join(name)
    }

    fn open(&self, folder: &Path, more: Vec<String>) -> Result<gix::Repository, String> {
        let mut settings = vec!["http.followRedirects=false".to_owned()];
        if let Some(command) = &self.options.ssh_command {
            settings.push(format!("core.sshCommand={command}"));
        }
        settings.extend(more);
        let options = gix::open::Options::isolated()
            .open_path_as_is(true)
            .config_overrides(settings);
        gix::open_opts(folder, options).map_err(|error| chain_of(&error))
    }

    fn fetch(
        &self,
        address: &str,
        shown: &str,
        credentials: Option<&Credentials>,
        stop: &AtomicBool,
    ) -> Result<Refs, SourceError> {
        let folder = self.folder(address);
        if !folder.join("HEAD").exists() {
            std::fs::create_dir_all(&folder).map_err(|error| SourceError::Store {
                url: shown.to_owned(),
                cause: error.to_string(),
            })?;
            gix::init_bare(&folder).map_err(|error| SourceError::Store {
                url: shown.to_owned(),
                cause: chain_of(&error),
            })?;
        }
        // Files of credentials stay until the fetch is over.
        let ssh = self.options.ssh_command.as_deref();
        let given = credentials
            .map(|credentials| credentials.settings(address, ssh))
            .transpose()
            .map_err(|cause| unfetched(shown, cause))?;
        let (settings, _files) = given.unwrap_or_default();
        let repo = self
            .open(&folder, settings)
            .map_err(|cause| SourceError::Store {
                url: shown.to_owned(),
                cause,
            })?;
        fetch_into(&repo, address, stop).map_err(|cause| unfetched(shown, cause))
    }
}

fn fetch_into(repo: &gix::Repository, address: &str, stop: &AtomicBool) -> Result<Refs, String> {
    let failed = |error: &gix::Error| chain_of(error);
    let remote = repo
        .remote_at_without_url_rewrite(address)
        .map_err(|error| failed(&error))?
        .with_refspecs(
            [
                "+HEAD:refs/remotes/origin/HEAD",
                "+refs/heads/*:refs/remotes/origin/*",
                "+refs/tags/*:refs/tags/*",
            ],
            Direction::Fetch,
        )
        .map_err(|error| failed(&error))?
        .with_fetch_tags(gix::remote::fetch::Tags::None);
    let connection = remote
        .connect(Direction::Fetch)
        .map_err(|error| failed(&error))?
        .with_credentials(|_| Ok(None));
    let outcome = connection
        .prepare_fetch(Discard, gix::remote::ref_map::Options::default())
        .map_err(|error| failed(&error))?
        .receive(Discard, stop)
        .map_err(|error| failed(&error))?;
    let mut refs = BTreeMap::new();
    for found in &outcome.ref_map.remote_refs {
        let (name, object, peeled) = found.unpack();
        if let (Ok(name), Some(id)) = (std::str::from_utf8(name), peeled.or(object)) {
            refs.insert(name.to_owned(), id.to_string());
        }
        if refs.len() > MAX_REFS {
            return Err(format!("it has more than {MAX_REFS} branches and tags"));
        }
    }
    Ok(Refs(refs))
}

/// A repository of this machine, opened without its hooks, and with no setting of this machine.
fn open_folder(folder: &str) -> Result<gix::Repository, String> {
    gix::open_opts(folder, gix::open::Options::isolated()).map_err(|error| chain_of(&error))
}

fn refs_of(repo: &gix::Repository) -> Result<Refs, String> {
    let mut refs = BTreeMap::new();
    if let Ok(head) = repo.head_id() {
        refs.insert("HEAD".to_owned(), head.to_string());
    }
    let platform = repo.references().map_err(|error| chain_of(&error))?;
    let all = platform.all().map_err(|error| chain_of(&error))?;
    for found in all {
        let Ok(mut found) = found else { continue };
        let name = found.name().as_bstr().to_string();
        if let Ok(id) = found.peel_to_id() {
            refs.insert(name, id.to_string());
        }
        if refs.len() > MAX_REFS {
            return Err(format!("it has more than {MAX_REFS} branches and tags"));
        }
    }
    Ok(Refs(refs))
}

fn chain_of(error: &(impl std::error::Error + 'static)) -> String {
    chain(error)
}
