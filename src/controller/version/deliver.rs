//! One pass over a SealedSecret that is opted in, and one over what is left when it is opted out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, StreamExt};

use super::{
    super::{
        engine::{Written, apply_noting},
        run::COMPONENT,
    },
    index::{Index, sealed_refs},
    observe::{complete, confirm, is_final, labelled, observe},
    pods::Pods,
    readers::Readers,
    triggers,
};
use crate::{
    api::sealed_secret::{PATCH, SKIP_SET_OWNER_REFERENCES, TRUE},
    clock::Clock,
    cluster::{Cluster, ClusterError, LiveStore},
    object::{Object, ObjectRef},
    plan::{Effect, Next},
    seal::{
        decide::{self as seal, Outcome},
        untouched,
    },
    version::{self, Condition, Content, Opened, Snapshot},
};

/// What another run of ours has opened: the version that is asked for was sealed from the same input, it cannot have
/// changed since nobody but we made it, and the status says that nothing is left to do.
fn left(sealed: &Object, input: &str, versions: &[Object]) -> Option<Remembered> {
    if sealed.at(&["spec", "data"]).is_some() || !untouched::is_observed(sealed) {
        return None;
    }
    let all = version::versions(sealed.name(), versions);
    let found = all.values().find(|found| {
        found.is_desired()
            && found.sealed_from() == input
            && found.object.at(&["immutable"]) == Some(&true.into())
            && untouched::is_written_by(found.object, COMPONENT)
    })?;
    let uid = found.object.uid()?.to_owned();
    Some(Remembered::Opened {
        number: found.number,
        uid,
    })
}

/// What was opened before, so that a change elsewhere costs no RSA operations. Holds no content.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Remembered {
    /// A version has the content: its number and uid.
    Opened { number: u64, uid: String },
    /// It does not open, with so many keys.
    Failed { message: String, epoch: u64 },
}

/// Delivers the secrets of SealedSecrets that are opted in. Cheap to clone.
#[derive(Clone)]
pub(in crate::controller) struct Deliverer(Arc<Inner>);

struct Inner {
    cluster: Cluster,
    clock: Clock,
    settings: seal::Settings,
    index: Index,
    readers: Readers,
    pods: Pods,
    /// By SealedSecret: what was sealed, and what came of opening it.
    remembered: Mutex<BTreeMap<ObjectRef, (String, Remembered)>>,
}

/// How a pass ended.
pub(in crate::controller) struct Delivered {
    pub next: Next,
    pub outcome: Outcome,
    /// The SealedSecret as it is stored now.
    pub sealed: Option<Object>,
    /// Whether its status was written.
    pub is_told: bool,
}

impl Delivered {
    /// Somebody else's turn: another event comes.
    fn nothing() -> Self {
        Self {
            next: Next::AwaitChange,
            outcome: Outcome::Leaving,
            sealed: None,
            is_told: false,
        }
    }
}

/// What opening gave: the Secret as the SealedSecret describes it.
pub(in crate::controller) type Opening = Result<Object, String>;

impl Deliverer {
    pub fn new(cluster: &Cluster, clock: &Clock, settings: seal::Settings) -> Self {
        Self(Arc::new(Inner {
            cluster: cluster.clone(),
            clock: clock.clone(),
            settings,
            index: Index::default(),
            readers: Readers::default(),
            pods: Pods::default(),
            remembered: Mutex::default(),
        }))
    }

    /// The SealedSecrets that must be looked at because versions, Rollouts or ReplicaSets change.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`], which the table of kinds rules out.
    pub fn triggers(
        &self,
        namespace: Option<&str>,
        store: &LiveStore,
    ) -> Result<impl Stream<Item = ObjectRef> + Send + use<>, ClusterError> {
        let versions = self.0.index.versions(&self.0.cluster, namespace)?;
        let Inner {
            cluster,
            index,
            readers,
            ..
        } = &*self.0;
        let named = triggers::named(cluster, namespace, index, readers, store)?;
        Ok(futures::stream::select(
            sealed_refs(versions).boxed(),
            named.boxed(),
        ))
    }

    /// Whether versions of a SealedSecret are left, or its condition, though it is not opted in.
    pub fn has_left(&self, sealed: &Object) -> bool {
        let namespace = sealed.namespace().unwrap_or_default();
        version::said(sealed).is_some() || self.0.index.has_versions(namespace, sealed.name())
    }

    pub fn forget(&self, sealed: &ObjectRef) {
        self.remembered().remove(sealed);
    }

    /// Delivers what a SealedSecret opens to. `open` is called only when it must be, for it costs RSA operations; without
    /// an answer from it there is none here.
    ///
    /// # Errors
    /// The first [`ClusterError`]; what was done stays, and the next pass goes on from there.
    pub async fn deliver<Open>(
        &self,
        sealed: &Object,
        epoch: u64,
        open: impl FnOnce(Object) -> Open,
    ) -> Result<Option<Delivered>, ClusterError>
    where
        Open: Future<Output = Option<Opening>>,
    {
        let cluster = &self.0.cluster;
        // Read anew: an older one would bring back what was sealed before.
        let found = cluster.get(&sealed.reference()).await?;
        let Some(sealed) = &found else {
            return Ok(Some(Delivered::nothing()));
        };
        if !version::is_opted_in(sealed) {
            return Ok(Some(Delivered::nothing()));
        }
        let [plain_ref] = seal::needs(sealed);
        let plain = cluster.get(&plain_ref).await?;
        let versions = labelled(cluster, sealed.namespace(), [sealed.name()]).await?;
        let condition = refused(sealed, plain.as_ref());
        let input = version::sealed_from(sealed);
        let remembered = self.recall(sealed, &input, epoch, &versions);
        let opening = match remembered {
            Some(Remembered::Failed { message, .. }) => Some(Err(message)),
            Some(Remembered::Opened { .. }) if condition.is_none() => None,
            _ => match open(sealed.clone()).await {
                Some(opening) => Some(opening),
                None => return Ok(None),
            },
        };
        if let (Some(condition), Some(opening)) = (condition, &opening) {
            let snapshot = seal::Snapshot {
                sealed: sealed.clone(),
                secret: plain,
            };
            return self
                .as_before(&snapshot, opening, &condition)
                .await
                .map(Some);
        }
        let (opened, metadata) = match (&opening, self.recall(sealed, &input, epoch, &versions)) {
            (Some(Ok(secret)), _) => (
                Opened::Content(Content::of(secret)),
                Some(version::plain_metadata(secret)),
            ),
            (None, Some(Remembered::Opened { number, .. })) => {
                (Opened::Known(number), template_metadata(sealed))
            }
            _ => (Opened::Failed, None),
        };
        let (readers, pods) = (&self.0.readers, &self.0.pods);
        let sealed_now = sealed.clone();
        let mut snapshot = observe(
            cluster, readers, sealed_now, opened, metadata, plain, versions,
        )
        .await?;
        complete(cluster, pods, &mut snapshot, version::needs).await?;
        let now = self.0.clock.now();
        let mut decision = version::decide(&snapshot, now);
        if is_final(&snapshot, &decision.effects) {
            confirm(cluster, &mut snapshot, &decision.effects).await?;
            complete(cluster, pods, &mut snapshot, version::needs).await?;
            decision = version::decide(&snapshot, now);
        }
        self.remember(
            sealed,
            &input,
            epoch,
            opening.as_ref(),
            decision.desired,
            &snapshot,
        );
        let failure = opening.and_then(Result::err);
        let outcome = match failure {
            Some(_) => Outcome::Unseal,
            None => Outcome::Opened,
        };
        let mut plan = match &failure {
            Some(message) => {
                seal::unopened(sealed, message, decision.effects, now, self.0.settings)
            }
            None if decision.effects.iter().any(writes_content) => {
                seal::success(sealed, decision.effects, now, self.0.settings)
            }
            None => {
                let mut said = seal::success(sealed, Vec::new(), now, self.0.settings);
                said.plan.effects.splice(0..0, decision.effects);
                said
            }
        }
        .plan;
        if self.0.settings.update_status
            && let Some(condition) = &decision.condition
        {
            let told = plan.status.as_ref().unwrap_or(sealed);
            plan.status = condition.put(told, now).or(plan.status);
        }
        plan.next = decision.next;
        let mut written = Written::default();
        let next = apply_noting(plan, cluster, &mut written).await?;
        Ok(Some(Delivered {
            next,
            outcome,
            is_told: written.status.is_some(),
            sealed: Some(written.status.unwrap_or_else(|| sealed.clone())),
        }))
    }

    /// The Secret is not ours alone: everything is as if nobody had opted in, and the condition says so.
    async fn as_before(
        &self,
        snapshot: &seal::Snapshot,
        opening: &Opening,
        condition: &Condition,
    ) -> Result<Delivered, ClusterError> {
        let now = self.0.clock.now();
        let decision = seal::decide_opened(snapshot, opening, now, self.0.settings);
        let mut plan = decision.plan;
        if self.0.settings.update_status {
            let told = plan.status.as_ref().unwrap_or(&snapshot.sealed);
            plan.status = condition.put(told, now).or(plan.status);
        }
        let mut written = Written::default();
        let next = apply_noting(plan, &self.0.cluster, &mut written).await?;
        Ok(Delivered {
            next,
            outcome: decision.outcome,
            is_told: written.status.is_some(),
            sealed: Some(written.status.unwrap_or_else(|| snapshot.sealed.clone())),
        })
    }

    /// Takes the marks off versions that nobody asks for any more, and collects those that nobody names.
    ///
    /// # Errors
    /// The first [`ClusterError`].
    pub async fn leave(&self, sealed: &ObjectRef) -> Result<Next, ClusterError> {
        let cluster = &self.0.cluster;
        let Some(sealed) = cluster.get(sealed).await? else {
            return Ok(Next::AwaitChange);
        };
        if version::is_opted_in(&sealed) {
            return Ok(Next::AwaitChange);
        }
        self.forget(&sealed.reference());
        let versions = labelled(cluster, sealed.namespace(), [sealed.name()]).await?;
        let (readers, pods) = (&self.0.readers, &self.0.pods);
        let mut snapshot = observe(
            cluster,
            readers,
            sealed.clone(),
            Opened::Failed,
            None,
            None,
            versions,
        )
        .await?;
        complete(cluster, pods, &mut snapshot, version::leave_needs).await?;
        let mut decision = version::leave(&snapshot, self.0.clock.now());
        if is_final(&snapshot, &decision.effects) {
            confirm(cluster, &mut snapshot, &decision.effects).await?;
            complete(cluster, pods, &mut snapshot, version::leave_needs).await?;
            decision = version::leave(&snapshot, self.0.clock.now());
        }
        let plan = crate::plan::Plan {
            effects: decision.effects,
            status: version::removed(&sealed).filter(|_| self.0.settings.update_status),
            next: decision.next,
        };
        apply_noting(plan, cluster, &mut Written::default()).await
    }

    /// What came of opening the same input before, if it still holds.
    fn recall(
        &self,
        sealed: &Object,
        input: &str,
        epoch: u64,
        versions: &[Object],
    ) -> Option<Remembered> {
        let known = self.remembered().get(&sealed.reference()).cloned();
        let Some((of, remembered)) = known else {
            return left(sealed, input, versions);
        };
        let holds = match &remembered {
            Remembered::Opened { number, uid } => versions.iter().any(|found| {
                found.uid() == Some(uid)
                    && version::number_of(found, sealed.name()) == Some(*number)
            }),
            Remembered::Failed { epoch: with, .. } => *with == epoch,
        };
        (of == input && holds).then_some(remembered)
    }

    fn remember(
        &self,
        sealed: &Object,
        input: &str,
        epoch: u64,
        opening: Option<&Opening>,
        desired: Option<u64>,
        snapshot: &Snapshot,
    ) {
        let remembered = match opening {
            // The content of the deprecated form brings its own metadata: it is opened each time.
            Some(Ok(_)) if sealed.at(&["spec", "data"]).is_none() => {
                let found = desired.and_then(|number| {
                    let versions = version::versions(sealed.name(), &snapshot.versions);
                    let uid = versions.get(&number)?.object.uid()?.to_owned();
                    Some(Remembered::Opened { number, uid })
                });
                let Some(found) = found else { return };
                found
            }
            Some(Err(message)) => Remembered::Failed {
                message: message.clone(),
                epoch,
            },
            _ => return,
        };
        let entry = (input.to_owned(), remembered);
        self.remembered().insert(sealed.reference(), entry);
    }

    fn remembered(&self) -> MutexGuard<'_, BTreeMap<ObjectRef, (String, Remembered)>> {
        self.0
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an opt-in is not honoured, if it is not.
fn refused(sealed: &Object, plain: Option<&Object>) -> Option<Condition> {
    let skips = sealed
        .at(&[
            "spec",
            "template",
            "metadata",
            "annotations",
            SKIP_SET_OWNER_REFERENCES,
        ])
        .is_some_and(|value| value == TRUE);
    match plain {
        Some(plain) if seal::consents(plain, PATCH) => Some(Condition::patched(sealed.name())),
        Some(plain) if skips || !seal::is_controlled_by(plain, sealed) => {
            Some(Condition::not_owned(sealed.name()))
        }
        None if skips => Some(Condition::not_owned(sealed.name())),
        _ => None,
    }
}

/// Labels and annotations of the plain Secret, which stand in the template for all to read.
fn template_metadata(sealed: &Object) -> Option<version::Metadata> {
    let mut template = sealed.clone();
    let metadata = sealed.at(&["spec", "template", "metadata"]).cloned();
    template.set(
        &["metadata"],
        metadata.unwrap_or_else(|| serde_json::json!({})),
    );
    Some(version::plain_metadata(&template))
}

/// Whether an effect writes a Secret's content.
fn writes_content(effect: &Effect) -> bool {
    matches!(effect, Effect::Create(_) | Effect::Replace(_))
}
