//! What can happen.

use serde_json::json;
use waxwing::plan::Precondition;

use super::stage::Stage;
use crate::{sequence::Chance, story::world::secret_ref};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another value is sealed.
    Seal,
    /// An earlier value is sealed again.
    Revert,
    /// Another image.
    Image,
    /// Another image and another value in one commit.
    Both,
    /// Another number of pods.
    Scale,
    Abort,
    Retry,
    Promote,
    /// A pod is deleted.
    KillPod,
    /// The plain Secret is deleted by hand.
    DeletePlain,
    /// The controllers are killed, and others start.
    KillControllers,
    /// Nothing for a while.
    Wait,
}

const ALL: &[Step] = &[
    Step::Seal,
    Step::Seal,
    Step::Revert,
    Step::Image,
    Step::Both,
    Step::Scale,
    Step::Abort,
    Step::Retry,
    Step::Promote,
    Step::KillPod,
    Step::DeletePlain,
    Step::KillControllers,
    Step::Wait,
];

impl Step {
    pub fn any(chance: &mut Chance) -> Self {
        *chance.pick(ALL)
    }

    pub async fn take(self, stage: &mut Stage, chance: &mut Chance) {
        match self {
            Self::Seal => stage.new_value(),
            Self::Revert => stage.old_value(chance.below(100)),
            Self::Image => stage.new_image(),
            Self::Both => {
                stage.new_value();
                stage.new_image();
            }
            Self::Scale => stage.scale(1 + chance.below(3)),
            Self::Abort => stage.tell(&json!({"abort": true})).await,
            Self::Retry => stage.tell(&json!({"abort": false})).await,
            Self::Promote => stage.tell(&json!({"promoteFull": true})).await,
            Self::KillPod => {
                let pods = stage.list("", "Pod").await;
                if !pods.is_empty() {
                    stage.world.delete(&chance.pick(&pods).reference()).await;
                }
            }
            Self::DeletePlain => {
                let always = Precondition::default();
                let plain = secret_ref("db");
                stage.world.cluster.delete(&plain, &always).await.unwrap();
            }
            Self::KillControllers => stage.restart(),
            Self::Wait => stage.pass(30).await,
        }
        let is_commit = matches!(
            self,
            Self::Seal | Self::Revert | Self::Image | Self::Both | Self::Scale
        );
        if is_commit {
            stage.push().await;
        }
    }
}
