//! The story from its first commit to its last, on a stopped clock: every instant is decided here.

use super::{
    server::sandbox_only,
    whole_stage::{Moment, Stage, weights},
};

const PASSWORD: &str = "POSTGRES_PASSWORD";
/// Seconds without canary traffic before a commit, so that no window reaches into the chapter before.
const QUIET: usize = 150;
/// The way from the commit to the ReplicaSet, and a second for each step, are not in the timetable.
const ABOUT: i64 = 10;
/// The most seconds of one rollout.
const MOST: usize = 240;

/// Pods are ready ten seconds after their start: whatever is healthy earlier was so before.
const READY: i64 = 10;

fn healthy(revision: u64) -> impl Fn(&Moment) -> bool {
    move |now| now.second > READY && now.phase == "Healthy" && now.revision == revision
}

/// The timetable of a promoted canary: its weights, its pods at each, and when it ends.
fn is_promoted_in_time(moments: &[Moment], revision: u64) {
    let found = weights(moments);
    let order: Vec<u64> = found.iter().map(|(_, weight)| *weight).collect();
    assert_eq!(order, [0, 20, 50, 80, 0], "{found:?}");
    for ((second, weight), about) in found.iter().zip([0, 10, 80, 150, 180]) {
        assert!(
            (about..=about + ABOUT).contains(second),
            "{weight}: {found:?}"
        );
    }
    for (weight, pods) in [(20, 1), (50, 2), (80, 4)] {
        let first = moments.iter().find(|now| now.weight == weight).unwrap();
        assert_eq!(first.pods.get(&revision), Some(&pods), "{first:?}");
    }
    let end = moments.last().unwrap();
    assert!((180..=180 + ABOUT).contains(&end.second), "{end:?}");
    assert_eq!(end.pods.get(&revision), Some(&4));
}

/// Whether pods of other revisions never read a Secret.
fn only_read_by(moments: &[Moment], revision: u64, secret: &str) {
    for moment in moments {
        let mut readers = moment.reads.iter().filter(|(_, read)| read == secret);
        assert!(readers.all(|(of, _)| *of == revision), "{moment:?}");
    }
}

#[tokio::test]
async fn the_whole_story() {
    sandbox_only!();
    let mut stage = Stage::synced().await;
    first_the_repository_is_synced(&stage).await;
    second_an_image_is_promoted(&mut stage).await;
    third_a_wrong_password_is_rejected(&mut stage).await;
    fourth_the_right_password_is_promoted(&mut stage).await;
    fifth_image_and_secret_make_one_revision(&mut stage).await;
    and_the_old_version_goes(&mut stage).await;
}

async fn first_the_repository_is_synced(stage: &Stage) {
    stage
        .comes("opened", async |stage: &Stage| {
            !stage.plain(PASSWORD).await.is_empty()
        })
        .await;
    let moments = stage.watch(60, healthy(1)).await;
    assert_eq!(weights(&moments), [(0, 0)]);
    for (key, value) in [
        ("POSTGRES_HOST", "postgres.backstage"),
        ("POSTGRES_PORT", "5432"),
        ("POSTGRES_USER", "backstage"),
        (PASSWORD, "first-good-password"),
        ("BACKEND_SECRET", "c2Vzc2lvbi1zaWduaW5nLWtleQ=="),
    ] {
        assert_eq!(stage.plain(key).await, value, "{key}");
    }
    assert_eq!(stage.versions().await, ["1 first-good-password*"]);
    stage.pass(QUIET).await;
    assert_eq!(stage.app_says().await, ("Synced".into(), "Healthy".into()));
}

async fn second_an_image_is_promoted(stage: &mut Stage) {
    stage.set_image("sha-8d1e0f4");
    stage.push("Set image sha-8d1e0f4").await;
    let moments = stage.watch(MOST, healthy(2)).await;
    is_promoted_in_time(&moments, 2);
    assert_eq!(stage.revisions().await, [1, 2]);
    assert_eq!(stage.versions().await, ["1 first-good-password*"]);
    stage.pass(QUIET).await;
    assert_eq!(stage.app_says().await, ("Synced".into(), "Healthy".into()));
}

async fn third_a_wrong_password_is_rejected(stage: &mut Stage) {
    stage.seal(PASSWORD, "a-typo-in-the-password");
    stage.push("Change the database password").await;
    // A stable pod is deleted while the canary fails.
    let mut moments = stage.watch(MOST, |now| now.second == 90).await;
    let first = stage.delete_reader("backstage-secrets-v1").await;
    moments.extend(
        stage
            .watch(MOST, |now| now.phase == "Degraded" && now.revision == 3)
            .await,
    );
    // The timetable of an analysis counts from the new ReplicaSet.
    let begun = moments.iter().find(|now| now.revision == 3).unwrap().second;
    assert!((1..=ABOUT).contains(&begun), "{begun}");
    let aborted = moments.last().unwrap().second - begun;
    assert!((130..=135).contains(&aborted), "{aborted}");
    moments.extend(stage.pass(5).await);
    let found = weights(&moments);
    let order: Vec<u64> = found.iter().map(|(_, weight)| *weight).collect();
    assert_eq!(order, [0, 20, 50, 0], "{found:?}");
    assert!((130..=135).contains(&(found[3].0 - begun)), "{found:?}");
    let measured = stage.measured("error-rate", 3).await;
    let phases: Vec<&str> = measured.iter().map(|(_, phase)| &**phase).collect();
    assert_eq!(
        phases,
        ["Successful", "Failed", "Failed", "Failed", "Failed"]
    );
    for ((second, _), about) in measured.iter().zip([10, 40, 70, 100, 130]) {
        assert!(
            (about..=about + 5).contains(&(second - begun)),
            "{measured:?}"
        );
    }
    // One more is deleted after the abort.
    let second = stage.delete_reader("backstage-secrets-v1").await;
    moments.extend(stage.pass(QUIET).await);
    only_read_by(&moments, 3, "backstage-secrets-v2");
    let end = moments.last().unwrap();
    assert_eq!(end.weight, 0);
    let ready = stage.pods().await;
    assert_eq!(ready.len(), 4);
    for pod in ready {
        assert!(pod.name() != first && pod.name() != second);
        let read = waxwing::version::secrets(&pod.to_value(), "backstage");
        assert!(read.contains("backstage-secrets-v1"), "{read:?}");
        let conditions = pod.to_value()["status"]["conditions"].clone();
        let conditions = conditions.as_array().unwrap();
        let is_ready = |one: &serde_json::Value| one["type"] == "Ready" && one["status"] == "True";
        assert!(conditions.iter().any(is_ready), "{conditions:?}");
    }
    assert_eq!(stage.plain(PASSWORD).await, "first-good-password");
    let [status, reason, message] = stage.promoted().await;
    assert_eq!((&*status, &*reason), ("False", "Rejected"));
    let told = "version 2 was rejected by Rollout backstage in revision 3: ";
    assert!(message.starts_with(told), "{message}");
    assert!(message.contains("error-rate"), "{message}");
    let versions = ["1 first-good-password*", "2 a-typo-in-the-password"];
    assert_eq!(stage.versions().await, versions);
    assert_eq!(stage.app_says().await, ("Synced".into(), "Degraded".into()));
}

async fn fourth_the_right_password_is_promoted(stage: &mut Stage) {
    stage
        .accept(&["first-good-password", "second-good-password"])
        .await;
    stage.seal(PASSWORD, "second-good-password");
    stage.push("Change the password, without the typo").await;
    let mut moments = stage.watch(MOST, healthy(4)).await;
    is_promoted_in_time(&moments, 4);
    let (_, before) = moments.split_last().unwrap();
    only_read_by(before, 4, "backstage-secrets-v3");
    moments.extend(stage.pass(QUIET).await);
    assert_eq!(stage.plain(PASSWORD).await, "second-good-password");
    let [status, reason, message] = stage.promoted().await;
    let told = ("True", "Promoted", "version 3 is promoted");
    assert_eq!((&*status, &*reason, &*message), told);
    let reads = &moments.last().unwrap().reads;
    assert!(
        reads.iter().eq([&(4, "backstage-secrets-v3".to_owned())]),
        "{reads:?}"
    );
    // Revisions 1 and 2 name the old version.
    assert_eq!(stage.revisions().await, [1, 2, 3, 4]);
    let versions = stage.versions().await;
    assert!(versions.contains(&"1 first-good-password".to_owned()));
    assert!(versions.contains(&"3 second-good-password*".to_owned()));
    assert_eq!(stage.app_says().await, ("Synced".into(), "Healthy".into()));
}

async fn fifth_image_and_secret_make_one_revision(stage: &mut Stage) {
    stage.set_image("sha-5b7c1aa");
    stage.seal("BACKEND_SECRET", "YW5vdGhlci1zZXNzaW9uLWtleQ==");
    stage.push("Release with a new session key").await;
    let moments = stage.watch(MOST, healthy(5)).await;
    is_promoted_in_time(&moments, 5);
    let revisions = moments.iter().map(|now| now.revision);
    assert!(revisions.max() == Some(5));
    stage.pass(QUIET).await;
    assert_eq!(stage.revisions().await, [2, 3, 4, 5]);
    let moment = stage.pass(0).await;
    let reads = &moment[0].reads;
    assert!(
        reads.iter().eq([&(5, "backstage-secrets-v4".to_owned())]),
        "{reads:?}"
    );
    for pod in stage.pods().await {
        let image = pod.to_value()["spec"]["containers"][0]["image"].clone();
        assert_eq!(image, "ghcr.io/example/backstage:sha-5b7c1aa");
    }
    assert_eq!(
        stage.plain("BACKEND_SECRET").await,
        "YW5vdGhlci1zZXNzaW9uLWtleQ=="
    );
    // Revision 2 is still in the history, and so is what it names.
    let versions = stage.versions().await;
    assert!(versions.contains(&"1 first-good-password".to_owned()));
}

/// The third revision after the last one of the history that named it.
async fn and_the_old_version_goes(stage: &mut Stage) {
    stage.set_image("sha-e21f9d0");
    stage.push("Set image sha-e21f9d0").await;
    let moments = stage.watch(MOST, healthy(6)).await;
    is_promoted_in_time(&moments, 6);
    stage.pass(60).await;
    assert_eq!(stage.revisions().await, [3, 4, 5, 6]);
    let versions = stage.versions().await;
    assert!(
        versions.iter().all(|one| !one.starts_with("1 ")),
        "{versions:?}"
    );
    assert!(versions.contains(&"4 second-good-password*".to_owned()));
}
