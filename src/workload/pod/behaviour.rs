//! How the pretended containers of a pod behave, by the annotations of the pod.

use jiff::SignedDuration;

use crate::{object::Object, workload::field};

/// How long after their start containers are ready: a duration, or `never`.
pub const READY_AFTER: &str = "sandbox.waxwing.dev/ready-after";
/// How long after its start each container exits with code 1.
pub const CRASH_AFTER: &str = "sandbox.waxwing.dev/crash-after";
/// How long after its start each container exits with code 0.
pub const EXIT_AFTER: &str = "sandbox.waxwing.dev/exit-after";
/// How long containers take to stop, at most the grace period.
pub const STOP_AFTER: &str = "sandbox.waxwing.dev/stop-after";

/// Ready after this, where nobody says.
const READY: SignedDuration = SignedDuration::from_secs(10);
/// Init containers, and containers of pods that are to end, run this long where nobody says.
const RUN: SignedDuration = SignedDuration::from_secs(1);
/// Stopped after this, where nobody says.
const STOP: SignedDuration = SignedDuration::from_secs(1);

/// How the containers of one pod behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// When a container is ready after its start, `None` for never.
    pub ready_after: Option<SignedDuration>,
    /// When a container exits after its start, and with which code; `None` for never.
    pub exit: Option<(SignedDuration, i64)>,
    /// How long containers take to stop.
    pub stop_after: SignedDuration,
}

impl Behaviour {
    /// Reads the annotations of a pod; what is no duration counts as not said.
    pub fn of(pod: &Object) -> Self {
        let said = |name: &str| pod.annotation(name).and_then(duration);
        let ready_after = match pod.annotation(READY_AFTER) {
            Some("never") => None,
            _ => Some(said(READY_AFTER).unwrap_or(READY)),
        };
        let runs_on = !matches!(
            field::text(pod, &["spec", "restartPolicy"]),
            "Never" | "OnFailure"
        );
        let exit = match (said(CRASH_AFTER), said(EXIT_AFTER)) {
            (Some(crash), Some(exit)) if exit < crash => Some((exit, 0)),
            (Some(crash), _) => Some((crash, 1)),
            (None, Some(exit)) => Some((exit, 0)),
            (None, None) if runs_on => None,
            (None, None) => Some((RUN, 0)),
        };
        Self {
            ready_after,
            exit,
            stop_after: said(STOP_AFTER).unwrap_or(STOP),
        }
    }

    /// How an init container of the same pod behaves: it ends well, soon.
    #[must_use]
    pub fn of_init(self) -> Self {
        Self {
            exit: Some((RUN, 0)),
            ..self
        }
    }

    /// How a sidecar (an init container that is always restarted) behaves: it runs on.
    #[must_use]
    pub fn of_sidecar(self) -> Self {
        Self { exit: None, ..self }
    }
}

/// A duration as Go writes it, such as `1m30s` or `500ms`; never negative.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    const UNITS: [(&str, i64); 5] = [
        ("ms", 1_000_000),
        ("us", 1_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    if text == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut rest = text;
    let mut nanos: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, unit_on) = rest.split_at_checked(digits)?;
        let (unit, scale) = UNITS.iter().find(|(unit, _)| {
            // "m" is not the beginning of "ms".
            unit_on
                .strip_prefix(unit)
                .is_some_and(|after| !after.starts_with(|letter: char| letter.is_alphabetic()))
        })?;
        nanos = nanos.checked_add(number.parse::<i64>().ok()?.checked_mul(*scale)?)?;
        rest = unit_on.strip_prefix(unit)?;
    }
    (!text.is_empty()).then(|| SignedDuration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, millis) in [
            ("5s", Some(5_000)),
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("1h", Some(3_600_000)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("", None),
            ("5", None),
            ("-5s", None),
            ("5 s", None),
            ("s", None),
            ("99999999999999h", None),
        ] {
            assert_eq!(
                duration(text),
                millis.map(SignedDuration::from_millis),
                "{text}"
            );
        }
    }

    #[test]
    fn annotations_tell_how_containers_behave() {
        let secs = SignedDuration::from_secs;
        for (policy, annotations, ready, exit) in [
            ("Always", json!({}), Some(secs(10)), None),
            ("Never", json!({}), Some(secs(10)), Some((secs(1), 0))),
            ("Always", json!({READY_AFTER: "5s"}), Some(secs(5)), None),
            ("Always", json!({READY_AFTER: "never"}), None, None),
            ("Always", json!({READY_AFTER: "soon"}), Some(secs(10)), None),
            (
                "Always",
                json!({CRASH_AFTER: "3s"}),
                Some(secs(10)),
                Some((secs(3), 1)),
            ),
            (
                "Never",
                json!({EXIT_AFTER: "7s", CRASH_AFTER: "9s"}),
                Some(secs(10)),
                Some((secs(7), 0)),
            ),
        ] {
            let pod = Object::from_value(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"annotations": annotations}, "spec": {"restartPolicy": policy}}))
            .unwrap();
            let behaviour = Behaviour::of(&pod);
            assert_eq!(
                (behaviour.ready_after, behaviour.exit),
                (ready, exit),
                "{annotations}"
            );
        }
    }
}
