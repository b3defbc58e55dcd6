use serde_json::json;

use super::{
    world::{active, conditions, count, job, plan},
    *,
};

#[test]
fn runs_to_its_completions() {
    let mut world = job(&json!({"completions": 3, "parallelism": 2}));
    world.settle(plan);
    assert_eq!(active(&world).len(), 2);
    assert_eq!((count(&world, "active"), count(&world, "ready")), (2, 0));
    let pod = world.all("Pod")[0].clone();
    assert!(is_tracked(&pod) && pod.name().starts_with("work-"));
    for _ in 0..3 {
        let pod = active(&world).remove(0);
        world.end(&pod, 0);
        world.settle(plan);
    }
    assert_eq!(count(&world, "succeeded"), 3);
    assert_eq!(active(&world), Vec::<String>::new());
    assert_eq!(
        conditions(&world),
        [
            "SuccessCriteriaMet=True CompletionsReached",
            "Complete=True CompletionsReached"
        ]
    );
    assert!(!world.all("Pod").iter().any(|pod| is_tracked(pod)));
    let job = world.get("Job", "work");
    assert!(field::time(job, &["status", "completionTime"]).is_some());
    let last = world.events.last().unwrap();
    assert_eq!(last, &("Completed".to_owned(), "Job completed".to_owned()));
}

#[test]
fn fails_after_its_retries_with_growing_delays() {
    let mut world = job(&json!({"backoffLimit": 2}));
    for delay in [10, 20] {
        world.settle(plan);
        let pod = active(&world).remove(0);
        world.end(&pod, 1);
        world.settle(plan);
        assert_eq!(active(&world), Vec::<String>::new());
        world.wait(delay - 1);
        world.settle(plan);
        assert_eq!(active(&world), Vec::<String>::new(), "after {delay}");
        world.wait(1);
    }
    world.settle(plan);
    let pod = active(&world).remove(0);
    world.end(&pod, 1);
    world.settle(plan);
    assert_eq!(count(&world, "failed"), 3);
    assert_eq!(
        conditions(&world),
        [
            "FailureTarget=True BackoffLimitExceeded",
            "Failed=True BackoffLimitExceeded"
        ]
    );
    assert_eq!(
        world.events.last().unwrap().1,
        "Job has reached the specified backoff limit"
    );
}

#[test]
fn stops_at_its_deadline_when_its_pods_have_stopped() {
    let mut world = job(&json!({"activeDeadlineSeconds": 60}));
    world.settle(plan);
    let pod = active(&world).remove(0);
    world.run(&pod, true);
    world.settle(plan);
    assert_eq!(count(&world, "ready"), 1);
    assert_eq!(
        plan(&world).next,
        Next::At(world.now + SignedDuration::from_secs(60))
    );
    world.wait(60);
    world.settle(plan);
    assert_eq!(conditions(&world), ["FailureTarget=True DeadlineExceeded"]);
    assert_eq!(count(&world, "terminating"), 1);
    world.stop_deleted();
    world.settle(plan);
    assert_eq!(
        conditions(&world),
        [
            "FailureTarget=True DeadlineExceeded",
            "Failed=True DeadlineExceeded"
        ]
    );
    assert_eq!(
        (count(&world, "failed"), count(&world, "terminating")),
        (1, 0)
    );
}

#[test]
fn an_indexed_job_runs_each_index_once() {
    let mut world = job(&json!({"completions": 4, "parallelism": 3, "completionMode": "Indexed"}));
    world.settle(plan);
    let indexes = |world: &crate::workload::world::World| -> Vec<String> {
        let pods = world.all("Pod");
        pods.iter()
            .map(|pod| pod.annotation(COMPLETION_INDEX).unwrap().to_owned())
            .collect()
    };
    assert_eq!(indexes(&world), ["0", "1", "2"]);
    let first = world.all("Pod")[0].clone();
    assert_eq!(first.label(COMPLETION_INDEX), Some("0"));
    assert_eq!(field::text(&first, &["spec", "hostname"]), "work-0");
    assert!(first.name().starts_with("work-0-"));
    assert_eq!(
        first.at(&["spec", "containers"]).unwrap()[0]["env"][0]["name"],
        "JOB_COMPLETION_INDEX"
    );
    for name in [1, 2] {
        let pod = world.names("Pod")[name].clone();
        world.end(&pod, 0);
    }
    world.settle(plan);
    let job = world.get("Job", "work");
    assert_eq!(field::text(job, &["status", "completedIndexes"]), "1,2");
    assert_eq!(indexes(&world), ["0", "1", "2", "3"]);
    for pod in active(&world) {
        world.end(&pod, 0);
    }
    world.settle(plan);
    let job = world.get("Job", "work");
    assert_eq!(field::text(job, &["status", "completedIndexes"]), "0-3");
    assert_eq!(count(&world, "succeeded"), 4);
}

#[test]
fn a_suspended_job_rests_and_begins_anew() {
    let mut world = job(&json!({"suspend": true}));
    world.settle(plan);
    assert_eq!(conditions(&world), ["Suspended=True JobSuspended"]);
    assert_eq!(world.all("Pod").len(), 0);
    world.set("Job", "work", &["spec", "suspend"], json!(false));
    world.settle(plan);
    assert_eq!(conditions(&world), ["Suspended=False JobResumed"]);
    assert_eq!(active(&world).len(), 1);
    world.set("Job", "work", &["spec", "suspend"], json!(true));
    world.settle(plan);
    assert_eq!(active(&world).len(), 0);
    let reasons: Vec<&str> = world
        .events
        .iter()
        .map(|(reason, _)| reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "Suspended",
            "SuccessfulCreate",
            "Resumed",
            "SuccessfulDelete",
            "Suspended"
        ]
    );
}

#[test]
fn goes_after_its_time() {
    let mut world = job(&json!({"ttlSecondsAfterFinished": 100}));
    world.settle(plan);
    let pod = active(&world).remove(0);
    world.end(&pod, 0);
    world.settle(plan);
    let at = world.now + SignedDuration::from_secs(100);
    assert_eq!(plan(&world).next, Next::At(at));
    world.wait(100);
    let gone = plan(&world);
    world.apply(gone);
    assert_eq!(world.all("Job").len(), 0);
}

#[test]
fn without_completions_one_success_is_enough() {
    let mut world = job(&json!({"completions": null, "parallelism": 2}));
    world.settle(plan);
    let pods = active(&world);
    world.end(&pods[0], 0);
    world.settle(plan);
    assert_eq!((active(&world).len(), conditions(&world).len()), (1, 0));
    world.end(&pods[1], 1);
    world.settle(plan);
    assert_eq!(
        (count(&world, "succeeded"), count(&world, "failed")),
        (1, 1)
    );
    assert_eq!(conditions(&world)[1], "Complete=True CompletionsReached");
}

#[test]
fn restarts_in_place_count_too() {
    let mut world = job(&json!({"backoffLimit": 2}));
    let path = ["spec", "template", "spec", "restartPolicy"];
    world.set("Job", "work", &path, json!("OnFailure"));
    world.settle(plan);
    let pod = active(&world).remove(0);
    world.run(&pod, true);
    let statuses = json!([{"name": "c", "restartCount": 2}]);
    world.set("Pod", &pod, &["status", "containerStatuses"], statuses);
    world.settle(plan);
    assert_eq!(
        conditions(&world),
        ["FailureTarget=True BackoffLimitExceeded"]
    );
}

#[test]
fn what_another_plays_is_left_alone() {
    let mut world = job(&json!({"managedBy": "example.com/other"}));
    world.settle(plan);
    assert_eq!(world.all("Pod").len(), 0);
}

#[test]
fn a_policy_says_which_failures_count() {
    let rules = json!([
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [7]}},
        {"action": "FailJob", "onExitCodes": {"containerName": "c", "operator": "NotIn", "values": [1, 7]}},
    ]);
    let policy = json!({"backoffLimit": 1, "podFailurePolicy": {"rules": rules}});
    let mut world = job(&policy);
    for (code, failed) in [(7, 0), (7, 0), (1, 1)] {
        world.settle(plan);
        let pod = active(&world).remove(0);
        world.end(&pod, code);
        world.settle(plan);
        assert_eq!(count(&world, "failed"), failed, "after exit code {code}");
        assert!(
            !world
                .all("Pod")
                .iter()
                .any(|pod| is_tracked(pod) && !member::is_active(pod))
        );
        world.wait(600);
    }
    world.settle(plan);
    let pod = active(&world).remove(0);
    world.end(&pod, 42);
    world.settle(plan);
    assert_eq!(
        conditions(&world),
        [
            "FailureTarget=True PodFailurePolicy",
            "Failed=True PodFailurePolicy"
        ]
    );
    let told = format!(
        "Container c for pod n/{pod} failed with exit code 42 matching FailJob rule at index 2"
    );
    assert_eq!(world.events.last().unwrap().1, told);
    assert_eq!(count(&world, "failed"), 2);
}
