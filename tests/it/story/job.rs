//! A Job runs to its end on the sandbox, fails by its limits, and leaves nothing when it is deleted.

use serde_json::{Value, json};
use waxwing::{
    object::{Gvk, Object, ObjectRef},
    plan::Precondition,
};

use super::deployment::{Story, condition, count, pods};

fn jobs() -> Gvk {
    Gvk::new("batch", "v1", "Job")
}

fn job(spec: &Value, annotations: &Value) -> Value {
    let mut job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "work", "namespace": "default"},
        "spec": {"template": {"metadata": {"annotations": annotations},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}},
    });
    for (name, value) in spec.as_object().unwrap() {
        job["spec"][name] = value.clone();
    }
    job
}

fn is_over(job: &Object, kind: &str) -> bool {
    condition(job, kind).is_some_and(|condition| condition["status"] == "True")
}

#[tokio::test]
async fn a_job_completes_and_its_pods_stay_until_it_goes() {
    let story = Story::begin().await;
    story
        .create(job(
            &json!({"completions": 3, "parallelism": 2}),
            &json!({"sandbox.waxwing.dev/exit-after": "5s"}),
        ))
        .await;
    let done = story
        .with_time(story.until(jobs(), |jobs| {
            jobs.iter().any(|job| is_over(job, "Complete"))
        }))
        .await;
    assert_eq!(count(&done[0], "succeeded"), 3);
    let left = story.until(pods(), |pods| pods.len() == 3).await;
    assert!(left.iter().all(|pod| {
        pod.at(&["status", "phase"]) == Some(&json!("Succeeded"))
            && pod
                .at(&["metadata", "finalizers"])
                .is_none_or(|finalizers| *finalizers == json!([]))
    }));
    let target = ObjectRef::new(jobs(), Some("default"), "work");
    story
        .cluster
        .delete(&target, &Precondition::default())
        .await
        .unwrap();
    story.until(pods(), |pods| pods.is_empty()).await;
}

#[tokio::test]
async fn a_job_that_crashes_fails_after_its_retries() {
    let story = Story::begin().await;
    story
        .create(job(
            &json!({"backoffLimit": 1}),
            &json!({"sandbox.waxwing.dev/crash-after": "2s"}),
        ))
        .await;
    let failed = story
        .with_time(story.until(jobs(), |jobs| jobs.iter().any(|job| is_over(job, "Failed"))))
        .await;
    assert_eq!(count(&failed[0], "failed"), 2);
    let why = condition(&failed[0], "Failed").unwrap();
    assert_eq!(why["reason"], "BackoffLimitExceeded");
}

#[tokio::test]
async fn a_running_job_that_is_deleted_leaves_no_pod() {
    let story = Story::begin().await;
    story
        .create(job(
            &json!({"ttlSecondsAfterFinished": 5}),
            &json!({"sandbox.waxwing.dev/exit-after": "1h"}),
        ))
        .await;
    story
        .until(pods(), |pods| {
            pods.iter()
                .any(|pod| pod.at(&["status", "phase"]) == Some(&json!("Running")))
        })
        .await;
    let target = ObjectRef::new(jobs(), Some("default"), "work");
    story
        .cluster
        .delete(&target, &Precondition::default())
        .await
        .unwrap();
    story
        .with_time(story.until(pods(), |pods| pods.is_empty()))
        .await;
}

#[tokio::test]
async fn a_finished_job_goes_after_its_time() {
    let story = Story::begin().await;
    story
        .create(job(&json!({"ttlSecondsAfterFinished": 30}), &json!({})))
        .await;
    story
        .with_time(story.until(jobs(), |jobs| {
            jobs.iter().any(|job| is_over(job, "Complete"))
        }))
        .await;
    story
        .with_time(story.until(jobs(), |jobs| jobs.is_empty()))
        .await;
    story.until(pods(), |pods| pods.is_empty()).await;
}

#[tokio::test]
async fn a_failure_that_the_policy_names_ends_the_job_at_once() {
    let story = Story::begin().await;
    let rule = json!({"action": "FailJob", "onExitCodes": {"operator": "NotIn", "values": [0]}});
    story
        .create(job(
            &json!({"backoffLimit": 6, "podFailurePolicy": {"rules": [rule]}}),
            &json!({"sandbox.waxwing.dev/crash-after": "2s"}),
        ))
        .await;
    let failed = story
        .with_time(story.until(jobs(), |jobs| jobs.iter().any(|job| is_over(job, "Failed"))))
        .await;
    assert_eq!(count(&failed[0], "failed"), 1);
    let why = condition(&failed[0], "Failed").unwrap();
    assert_eq!(why["reason"], "PodFailurePolicy");
    let pods = story.until(pods(), |pods| pods.len() == 1).await;
    let told = format!(
        "Container c for pod default/{} failed with exit code 1 matching FailJob rule at index 0",
        pods[0].name()
    );
    assert_eq!(why["message"], told);
}
