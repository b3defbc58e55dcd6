//! The story as data: chapters, what people do in them, and what is expected of it.

use super::{
    expectation::{
        Expectation, aborted, all_on_first, all_on_third, app_degraded, app_synced,
        back_on_version, back_to_stable, canary_only, fifth_healthy, fifth_revision,
        first_password, first_stable, first_version, fourth_healthy, gone, healthy, history_keeps,
        new_session_key, no_new_version, one_revision, promoted, rejected, replaced, rolled,
        sealed_synced, second_healthy, second_password, second_version, stays_secret, steps,
        third_version,
    },
    past::Past,
    scenario::FIRST_PASSWORD,
    seen::Seen,
};

/// A part of the story.
#[derive(Debug)]
pub struct Chapter {
    /// What it is about.
    pub title: &'static str,
    /// What people do, in order; each waits for its moment.
    pub cues: &'static [Cue],
    /// What is expected.
    pub expectations: &'static [Expectation],
}

/// Something that somebody does.
#[derive(Debug)]
pub struct Cue {
    /// Said when it is done.
    pub told: &'static str,
    /// When it is done.
    pub when: fn(&Seen, &Past) -> bool,
    /// What is done.
    pub deed: Deed,
}

/// What somebody does.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Edits files, commits, pushes.
    Push {
        /// Who.
        author: &'static str,
        /// Why.
        message: &'static str,
        /// What.
        edits: &'static [Edit],
    },
    /// Applies the Application.
    Apply,
    /// The database takes these passwords from now on.
    Accept(&'static [&'static str]),
    /// Deletes the first pod, by name, that reads a version.
    DeletePod(u64),
    /// Tells the Rollout to skip what is left.
    PromoteFull,
}

/// A change of files.
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    /// The pipeline's: another image.
    Image(&'static str),
    /// A developer's: another value, sealed.
    Seal(&'static str, &'static str),
}

/// The key in the secret that goes wrong.
pub const PASSWORD: &str = "POSTGRES_PASSWORD";
/// Passwords of the story; nobody else's.
const WRONG_PASSWORD: &str = "a-typo-in-the-password";
/// The new password, which the database takes from the fourth chapter on.
pub const SECOND_PASSWORD: &str = "second-good-password";
/// What the fifth chapter changes beside the image.
pub const SECOND_BACKEND_SECRET: &str = "YW5vdGhlci1zZXNzaW9uLWtleQ==";

fn at_once(_: &Seen, _: &Past) -> bool {
    true
}

fn at_first_weight(seen: &Seen, past: &Past) -> bool {
    seen.weight() == 20 && past.since_cue(seen) >= 20
}

fn when_aborted(seen: &Seen, _: &Past) -> bool {
    seen.view.status == "Degraded" && seen.weight() == 0
}

fn when_promoted(seen: &Seen, past: &Past) -> bool {
    healthy(seen, past).is_ok() && past.since_cue(seen) >= 20
}

fn when_canary_is_made(seen: &Seen, past: &Past) -> bool {
    past.revisions.contains(&6) && past.since_cue(seen) >= 5 && seen.revision() == 6
}

/// The whole story.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "The repository is synced, and its secret is opened",
        cues: &[
            Cue {
                told: "The database knows one password. A team keeps everything in Git, its secret sealed.",
                when: at_once,
                deed: Deed::Accept(&[FIRST_PASSWORD]),
            },
            Cue {
                told: "The repository is there, and an Application points at it.",
                when: at_once,
                deed: Deed::Push {
                    author: "platform team",
                    message: "Keep backstage in Git",
                    edits: &[],
                },
            },
            Cue {
                told: "kubectl apply -f apps/backstage.yaml",
                when: at_once,
                deed: Deed::Apply,
            },
        ],
        expectations: &[
            Expectation::comes("the Application is Synced and Healthy", 2, 120, app_synced),
            Expectation::comes(
                "the SealedSecret says that it was opened",
                2,
                60,
                sealed_synced,
            ),
            Expectation::comes(
                "the Secret under its plain name holds what was sealed",
                2,
                60,
                first_password,
            ),
            Expectation::comes(
                "its content is version 1, immutable and promoted",
                2,
                60,
                first_version,
            ),
            Expectation::comes(
                "revision 1 is stable without steps, with 4 ready pods",
                2,
                120,
                first_stable,
            ),
            Expectation::comes("all 4 pods read version 1", 2, 120, all_on_first),
        ],
    },
    Chapter {
        title: "A pipeline pushes a new image",
        cues: &[Cue {
            told: "waxwing image set ghcr.io/example/backstage=:sha-8d1e0f4 overlays/production, and a push.",
            when: at_once,
            deed: Deed::Push {
                author: "pipeline",
                message: "Set image ghcr.io/example/backstage:sha-8d1e0f4",
                edits: &[Edit::Image("sha-8d1e0f4")],
            },
        }],
        expectations: &[
            Expectation::comes(
                "20, 50 and 80 percent of the traffic go to the canary, one after the other",
                0,
                240,
                steps,
            ),
            Expectation::comes("1, 2 and 4 canary pods serve them", 0, 240, rolled),
            Expectation::comes(
                "revision 2 is promoted: the Rollout is Healthy again",
                0,
                260,
                second_healthy,
            ),
            Expectation::comes("exactly one revision was made", 0, 260, one_revision),
            Expectation::stays("no version of the secret was made", 0, no_new_version),
            Expectation::comes("the Application is Synced and Healthy", 0, 270, app_synced),
        ],
    },
    Chapter {
        title: "Somebody seals a wrong password",
        cues: &[
            Cue {
                told: "A typo in POSTGRES_PASSWORD is sealed and pushed; nobody can see it in the pull request.",
                when: at_once,
                deed: Deed::Push {
                    author: "somebody",
                    message: "Change the database password",
                    edits: &[Edit::Seal(PASSWORD, WRONG_PASSWORD)],
                },
            },
            Cue {
                told: "While the canary fails, a stable pod is deleted, as a drain would.",
                when: at_first_weight,
                deed: Deed::DeletePod(1),
            },
            Cue {
                told: "After the abort one more stable pod is deleted.",
                when: when_aborted,
                deed: Deed::DeletePod(1),
            },
        ],
        expectations: &[
            Expectation::comes("the new content is version 2", 0, 60, second_version),
            Expectation::stays(
                "only pods of revision 3 ever read version 2",
                0,
                canary_only,
            ),
            Expectation::comes(
                "the deleted stable pod comes back with the old password, and is ready",
                1,
                60,
                replaced,
            ),
            Expectation::comes(
                "the error rate fails 4 times after a first pass, and the analysis aborts at weight 50",
                0,
                220,
                aborted,
            ),
            Expectation::comes(
                "no traffic goes to the canary any more",
                0,
                230,
                back_to_stable,
            ),
            Expectation::comes(
                "the SealedSecret says which version was rejected, by whom and why",
                0,
                240,
                rejected,
            ),
            Expectation::comes("the Application is Degraded", 0, 240, app_degraded),
            Expectation::comes(
                "a stable pod deleted after the abort comes back with the old password too",
                2,
                60,
                replaced,
            ),
            Expectation::comes(
                "4 ready pods read version 1, and none reads version 2",
                2,
                120,
                back_on_version,
            ),
            Expectation::stays("the plain Secret keeps the old password", 0, stays_secret),
        ],
    },
    Chapter {
        title: "Somebody seals the right password",
        cues: &[
            Cue {
                told: "The database is given the new password, and takes both for a while.",
                when: at_once,
                deed: Deed::Accept(&[FIRST_PASSWORD, SECOND_PASSWORD]),
            },
            Cue {
                told: "The right password is sealed and pushed.",
                when: at_once,
                deed: Deed::Push {
                    author: "somebody",
                    message: "Change the database password, without the typo",
                    edits: &[Edit::Seal(PASSWORD, SECOND_PASSWORD)],
                },
            },
        ],
        expectations: &[
            Expectation::comes("the new content is version 3", 1, 60, third_version),
            Expectation::comes(
                "it is delivered as a canary, at 20, 50 and 80 percent",
                1,
                240,
                steps,
            ),
            Expectation::comes(
                "revision 4 is promoted: the Rollout is Healthy again",
                1,
                260,
                fourth_healthy,
            ),
            Expectation::comes(
                "the plain Secret holds the new password",
                1,
                270,
                second_password,
            ),
            Expectation::comes(
                "the SealedSecret says that version 3 is promoted",
                1,
                270,
                promoted,
            ),
            Expectation::comes("all 4 pods read version 3", 1, 320, all_on_third),
            Expectation::comes(
                "version 1 stays: revision 2 in the history names it",
                1,
                320,
                history_keeps,
            ),
            Expectation::comes("the Application is Synced and Healthy", 1, 280, app_synced),
        ],
    },
    Chapter {
        title: "An image and a secret change in one commit",
        cues: &[
            Cue {
                told: "One commit changes the image and BACKEND_SECRET.",
                when: at_once,
                deed: Deed::Push {
                    author: "somebody",
                    message: "Release with a new session key",
                    edits: &[
                        Edit::Image("sha-5b7c1aa"),
                        Edit::Seal("BACKEND_SECRET", SECOND_BACKEND_SECRET),
                    ],
                },
            },
            Cue {
                told: "One more image, to see the history go on.",
                when: when_promoted,
                deed: Deed::Push {
                    author: "pipeline",
                    message: "Set image ghcr.io/example/backstage:sha-e21f9d0",
                    edits: &[Edit::Image("sha-e21f9d0")],
                },
            },
            Cue {
                told: "waxwing rollout promote backstage --full",
                when: when_canary_is_made,
                deed: Deed::PromoteFull,
            },
        ],
        expectations: &[
            Expectation::comes(
                "it makes exactly one revision, with both changes",
                0,
                260,
                fifth_revision,
            ),
            Expectation::comes(
                "revision 5 is promoted: the Rollout is Healthy again",
                0,
                260,
                fifth_healthy,
            ),
            Expectation::comes(
                "the plain Secret holds the new session key",
                0,
                270,
                new_session_key,
            ),
            Expectation::comes(
                "three revisions after the last that named it, version 1 is gone",
                2,
                180,
                gone,
            ),
        ],
    },
];
