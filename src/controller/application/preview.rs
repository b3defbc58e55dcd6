//! What an Application would be made of, without touching it: for `diff` and `manifests`.

use super::{
    config::Config,
    fetch::Wanted,
    render::{self, Context},
    run::{Applier, Found},
    status,
};
use crate::{
    api::application::{self, Spec},
    cluster::ClusterError,
    object::Object,
    source::Folder,
    sync::{compare::Compared, origin::Origin},
};

/// What to look at instead of the newest commit of the application's own sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instead {
    /// A branch, tag or commit.
    pub revision: Option<String>,
    /// A folder of this machine, from the root on.
    pub folder: Option<String>,
}

/// What an Application would be made of.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The commits.
    pub revision: String,
    /// The objects, each beside its live one.
    pub resources: Vec<Compared>,
    /// Whether a sync by itself would delete what Git lacks.
    pub prunes: bool,
}

impl Applier {
    /// Renders and compares without writing anything.
    ///
    /// # Errors
    /// [`ClusterError`]; the inner error is why Git or the spec cannot be followed.
    pub async fn preview(
        &self,
        app: &Object,
        instead: &Instead,
    ) -> Result<Result<Preview, String>, ClusterError> {
        let (spec, found) = match self.found(app, instead).await? {
            Ok(found) => found,
            Err(message) => return Ok(Err(message)),
        };
        Ok(Ok(Preview {
            revision: found.origin.shown(),
            resources: found.comparison.resources,
            prunes: spec.automated().is_some_and(|automated| automated.prune),
        }))
    }

    async fn found(
        &self,
        app: &Object,
        instead: &Instead,
    ) -> Result<Result<(Spec, Found), String>, ClusterError> {
        let spec = match application::spec(app) {
            Ok(spec) => spec,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if let Err(message) = status::check_destination(&spec) {
            return Ok(Err(message));
        }
        let mut ask = status::ask(app, &spec);
        let sources = match ask.read() {
            Ok(sources) => sources,
            Err(message) => return Ok(Err(message)),
        };
        let config = match self.config(app, &spec).await? {
            Ok(config) => config,
            Err(message) => return Ok(Err(message)),
        };
        if let Some(folder) = &instead.folder {
            let found = self.local(app, &spec, &config, folder).await?;
            return Ok(found.map(|found| (spec, found)));
        }
        if let Some(revision) = &instead.revision {
            ask.pinned = vec![revision.clone()];
        }
        for source in &sources {
            if let Err(message) = self.poll(&source.repo_url, &spec, true).await? {
                return Ok(Err(message));
            }
        }
        let found = self.look(app, &spec, &config, &ask, true).await?;
        Ok(found.map(|found| (spec, found)))
    }

    async fn local(
        &self,
        app: &Object,
        spec: &Spec,
        config: &Config,
        folder: &str,
    ) -> Result<Result<Found, String>, ClusterError> {
        let ask = status::ask(app, spec);
        let [source] = ask.sources.as_slice() else {
            return Ok(Err(
                "a folder can stand for one source only, and this application has several"
                    .to_owned(),
            ));
        };
        let mut source = source.clone();
        if let Some(map) = source.as_object_mut() {
            let path = folder.trim_start_matches('/');
            map.insert("path".to_owned(), path.into());
        }
        let context = Context {
            app: app.name().to_owned(),
            ..Context::default()
        };
        let rendered = match render::render(&Folder::new(), &source, &context) {
            Ok(rendered) => rendered.objects,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let wanted = Wanted {
            origin: Origin::one(source, "local"),
            rendered,
        };
        self.compare(app, spec, config, wanted).await
    }
}
