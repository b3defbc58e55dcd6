//! Jobs and CronJobs: defaults, and the selector that a Job gets from its own uid.

use serde_json::{Value, json};

use super::{Rules, pod_spec, set};
use crate::{object::Object, sandbox::error::Cause};

/// The rules of Jobs.
pub const JOB: Rules = Rules {
    group: "batch",
    plural: "jobs",
    prepare: prepare_job,
    validate: validate_job,
};

/// The rules of CronJobs.
pub const CRON_JOB: Rules = Rules {
    group: "batch",
    plural: "cronjobs",
    prepare: prepare_cron_job,
    validate: validate_cron_job,
};

fn complete_spec(spec: &mut serde_json::Map<String, Value>) {
    let has_counts = spec.contains_key("completions") || spec.contains_key("parallelism");
    if !has_counts {
        set::default(spec, "completions", 1);
    }
    set::default(spec, "parallelism", 1);
    set::default(spec, "backoffLimit", 6);
    set::default_text(spec, "completionMode", "NonIndexed");
    set::default(spec, "suspend", false);
    set::default(spec, "podReplacementPolicy", "TerminatingOrFailed");
    if let Some(template) = set::map(spec, "template") {
        set::map(template, "metadata");
        if let Some(spec) = set::map(template, "spec") {
            pod_spec::complete(spec);
        }
    }
}

fn prepare_job(object: &mut Object, before: Option<&Object>) {
    let uid = object.uid().unwrap_or_default().to_owned();
    let name = object.name().to_owned();
    let Some(spec) = set::spec(object) else {
        return;
    };
    complete_spec(spec);
    set::default(spec, "manualSelector", false);
    let is_manual = spec.get("manualSelector") == Some(&true.into());
    if before.is_some() || is_manual {
        return;
    }
    spec.remove("manualSelector");
    spec.insert(
        "selector".to_owned(),
        json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}),
    );
    if let Some(labels) = set::map(spec, "template")
        .and_then(|template| set::map(template, "metadata"))
        .and_then(|metadata| set::map(metadata, "labels"))
    {
        for (label, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            labels.insert(label.to_owned(), value.as_str().into());
        }
    }
    object.set(&["status"], json!({}));
}

fn prepare_cron_job(object: &mut Object, before: Option<&Object>) {
    if let Some(spec) = set::spec(object) {
        set::default_text(spec, "concurrencyPolicy", "Allow");
        set::default(spec, "suspend", false);
        set::default(spec, "successfulJobsHistoryLimit", 3);
        set::default(spec, "failedJobsHistoryLimit", 1);
        if let Some(template) = set::map(spec, "jobTemplate") {
            set::map(template, "metadata");
            if let Some(template) =
                set::map(template, "spec").and_then(|spec| set::map(spec, "template"))
            {
                set::map(template, "metadata");
                if let Some(spec) = set::map(template, "spec") {
                    pod_spec::complete(spec);
                }
            }
        }
    }
    if before.is_none() {
        object.set(&["status"], json!({}));
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
    if object
        .at(&["spec", "schedule"])
        .and_then(Value::as_str)
        .unwrap_or_default()
        .is_empty()
    {
        causes.push(Cause::required("spec.schedule", ""));
    }
    causes.extend(pod_spec::validate(spec, &path.join(".")));
    policy(&mut causes, spec, &path.join("."));
    causes
}
