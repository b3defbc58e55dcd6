//! Jobs and CronJobs: defaults, and the selector that a Job gets from its own uid.

use serde_json::{Value, json};

use super::{Rules, pod_spec, schedule};
use crate::{object::Object, sandbox::error::Cause};

/// The rules of Jobs.
pub const JOB: Rules = Rules {
    group: "batch",
    plural: "jobs",
    fill: take_labels,
    prepare: prepare_job,
    validate: validate_job,
};

/// The rules of CronJobs.
pub const CRON_JOB: Rules = Rules {
    group: "batch",
    plural: "cronjobs",
    fill: |_| {},
    prepare: |_, _| {},
    validate: validate_cron_job,
};

/// The labels of the template are those of a Job that has none.
fn take_labels(object: &mut Object) {
    let labels = object
        .at(&["spec", "template", "metadata", "labels"])
        .cloned();
    if let Some(labels) = labels
        && object.labels().is_empty()
    {
        object.set(&["metadata", "labels"], labels);
    }
}

/// Labels and selector of a new Job are made of its uid.
fn prepare_job(object: &mut Object, before: Option<&Object>) {
    if before.is_some() {
        return;
    }
    let uid = object.uid().unwrap_or_default().to_owned();
    let name = object.name().to_owned();
    let template = ["spec", "template", "metadata", "labels"];
    // Labels that were taken from the template are the same map in Go, so they change with it.
    let is_shared = object.at(&template).is_some()
        && object.at(&template) == object.at(&["metadata", "labels"]);
    if object.at(&["spec", "manualSelector"]) != Some(&true.into()) {
        object.set(
            &["spec", "selector"],
            json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}),
        );
        for (label, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            let path = ["spec", "template", "metadata", "labels", label];
            object.set(&path, value.as_str().into());
        }
    }
    if is_shared && let Some(labels) = object.at(&template).cloned() {
        object.set(&["metadata", "labels"], labels);
    }
}

fn policy(causes: &mut Vec<Cause>, spec: Option<&Value>, path: &str) {
    let policy = spec.and_then(|spec| spec.get("restartPolicy"));
    if let Some(policy) = policy
        && policy != "OnFailure"
        && policy != "Never"
    {
        causes.push(Cause::required(
            format!("{path}.restartPolicy"),
            "valid values: \"OnFailure\", \"Never\"",
        ));
    }
}

fn validate_job(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let spec = object.at(&["spec", "template", "spec"]);
    let mut causes = pod_spec::validate(spec, "spec.template.spec");
    policy(&mut causes, spec, "spec.template.spec");
    if let Some(before) = before {
        for field in ["selector", "completionMode"] {
            if object.at(&["spec", field]) != before.at(&["spec", field]) {
                let value = object.at(&["spec", field]).cloned().unwrap_or_default();
                causes.push(Cause::invalid(
                    format!("spec.{field}"),
                    &value,
                    "field is immutable",
                ));
            }
        }
        if object.at(&["spec", "template"]) != before.at(&["spec", "template"])
            && before.at(&["spec", "suspend"]) != Some(&true.into())
        {
            let value = object
                .at(&["spec", "template"])
                .cloned()
                .unwrap_or_default();
            causes.push(Cause::invalid(
                "spec.template",
                &value,
                "field is immutable",
            ));
        }
    }
    causes
}

fn validate_cron_job(object: &Object, _before: Option<&Object>) -> Vec<Cause> {
    let path = ["spec", "jobTemplate", "spec", "template", "spec"];
    let spec = object.at(&path);
    let mut causes = Vec::new();
    let field = "spec.schedule";
    match object.at(&["spec", "schedule"]).and_then(Value::as_str) {
        None | Some("") => causes.push(Cause::required(field, "")),
        Some(text) => {
            if let Some(problem) = schedule::problem(text) {
                causes.push(Cause::invalid(field, &text.into(), &problem));
            }
            if text.contains("TZ") {
                let why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
                causes.push(Cause::invalid(field, &text.into(), why));
            }
        }
    }
    for field in [
        "startingDeadlineSeconds",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
    ] {
        if let Some(number) = object.at(&["spec", field]).and_then(Value::as_i64)
            && number < 0
        {
            let detail = "must be greater than or equal to 0";
            causes.push(Cause::invalid(
                format!("spec.{field}"),
                &number.into(),
                detail,
            ));
        }
    }
    causes.extend(pod_spec::validate(spec, &path.join(".")));
    policy(&mut causes, spec, &path.join("."));
    causes
}
