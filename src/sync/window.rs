//! `syncWindows` of a project: when its applications may be synced, and by whom.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::project::is_match;

/// The longest window; each minute of it is looked at.
const MAX_MINUTES: i64 = 31 * 24 * 60;

/// One window.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Window {
    /// `allow` or `deny`.
    pub kind: String,
    /// When it begins: five fields of cron.
    pub schedule: String,
    /// How long it is, such as `1h`.
    pub duration: String,
    /// Names of applications, as globs.
    pub applications: Vec<String>,
    /// Namespaces that they go to, as globs.
    pub namespaces: Vec<String>,
    /// Clusters that they go to, as globs.
    pub clusters: Vec<String>,
    /// Whether syncs by hand pass it.
    pub manual_sync: bool,
    /// The zone of the schedule; UTC unless said.
    pub time_zone: String,
    /// Whether all lists must fit, not one of them.
    pub and_operator: bool,
}

/// The application that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its name.
    pub app: &'a str,
    /// The namespace that it goes to.
    pub namespace: &'a str,
    /// Names of the cluster that it goes to.
    pub clusters: &'a [&'a str],
}

impl Window {
    fn concerns(&self, subject: &Subject<'_>) -> bool {
        let any = |list: &[String], text: &str| list.iter().any(|glob| is_match(glob, text));
        let found = [
            (&self.applications, any(&self.applications, subject.app)),
            (&self.namespaces, any(&self.namespaces, subject.namespace)),
            (
                &self.clusters,
                subject
                    .clusters
                    .iter()
                    .any(|name| any(&self.clusters, name)),
            ),
        ];
        let mut given = found.iter().filter(|(list, _)| !list.is_empty()).peekable();
        if self.and_operator {
            given.peek().is_some() && given.all(|(_, fits)| *fits)
        } else {
            given.any(|(_, fits)| *fits)
        }
    }

    /// Whether it is open now; `None` where its schedule, its length or its zone makes no sense.
    fn is_active(&self, now: Timestamp, zone: Option<&TimeZone>) -> Option<bool> {
        let schedule = Schedule::parse(&self.schedule)?;
        let length: SignedDuration = self.duration.parse().ok()?;
        let minutes = length.as_mins();
        if !(0..=MAX_MINUTES).contains(&minutes) {
            return None;
        }
        let zone = if self.time_zone.is_empty() {
            &TimeZone::UTC
        } else {
            zone?
        };
        let minute = SignedDuration::from_mins(1);
        let mut at = Timestamp::from_second(now.as_second().div_euclid(60) * 60).ok()?;
        let began = now.checked_sub(length).ok()?;
        while at > began {
            if schedule.is_at(at, zone) {
                return Some(true);
            }
            at = at.checked_sub(minute).ok()?;
        }
        Some(false)
    }
}

/// Whether an application may be synced now. `zones` gives the zone of a name.
///
/// An active `deny` beats `allow`; where there is an `allow` and none is active, all is blocked; by hand it passes
/// when all windows that block say `manualSync`. A window that makes no sense blocks.
pub fn allows(
    windows: &[Window],
    subject: &Subject<'_>,
    is_manual: bool,
    now: Timestamp,
    zones: impl Fn(&str) -> Option<TimeZone>,
) -> bool {
    let own: Vec<&Window> = windows
        .iter()
        .filter(|window| window.concerns(subject))
        .collect();
    let mut allows = Vec::new();
    let mut denies = Vec::new();
    for window in own {
        let zone = zones(&window.time_zone);
        let Some(is_active) = window.is_active(now, zone.as_ref()) else {
            return false;
        };
        match window.kind.as_str() {
            "allow" => allows.push((window, is_active)),
            "deny" if is_active => denies.push(window),
            "deny" => {}
            _ => return false,
        }
    }
    if !denies.is_empty() {
        return is_manual && denies.iter().all(|window| window.manual_sync);
    }
    if allows.is_empty() || allows.iter().any(|(_, is_active)| *is_active) {
        return true;
    }
    is_manual && allows.iter().all(|(window, _)| window.manual_sync)
}

/// Five fields of cron: minute, hour, day, month, day of the week.
struct Schedule {
    fields: [u64; 5],
    is_any_day: bool,
    is_any_weekday: bool,
}

/// The words of months and days.
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            text => text,
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = words.as_slice() else {
            return None;
        };
        let is_any = |word: &str| word.starts_with('*') || word == "?";
        Some(Self {
            fields: [
                field(minute, 0, 59, &[])?,
                field(hour, 0, 23, &[])?,
                field(day, 1, 31, &[])?,
                field(month, 1, 12, MONTHS)?,
                field(weekday, 0, 6, DAYS)?,
            ],
            is_any_day: is_any(day),
            is_any_weekday: is_any(weekday),
        })
    }

    fn is_at(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let at = at.to_zoned(zone.clone());
        let [minutes, hours, days, months, weekdays] = self.fields;
        let has = |set: u64, number: i8| u32::try_from(number).is_ok_and(|bit| set >> bit & 1 == 1);
        let weekday = at.weekday().to_sunday_zero_offset();
        let (by_day, by_weekday) = (has(days, at.day()), has(weekdays, weekday));
        // As cron does it: where both are limited, one of them is enough.
        let is_day = if self.is_any_day || self.is_any_weekday {
            by_day && by_weekday
        } else {
            by_day || by_weekday
        };
        has(minutes, at.minute()) && has(hours, at.hour()) && has(months, at.month()) && is_day
    }
}

/// The numbers of one field as bits.
fn field(text: &str, low: u64, high: u64, words: &[&str]) -> Option<u64> {
    let number = |text: &str| -> Option<u64> {
        let lower = text.to_lowercase();
        match words.iter().position(|word| *word == lower) {
            Some(at) => u64::try_from(at).ok().map(|at| at + low),
            None => text.parse().ok(),
        }
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, step.parse::<u64>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match span {
            "*" | "?" => (low, high),
            span => match span.split_once('-') {
                Some((from, to)) => (number(from)?, number(to)?),
                None if part.contains('/') => (number(span)?, high),
                None => (number(span)?, number(span)?),
            },
        };
        if from < low || to > high || from > to {
            return None;
        }
        let mut at = from;
        while at <= to {
            bits |= 1 << at;
            at += step;
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kind: &str, schedule: &str, duration: &str, manual_sync: bool) -> Window {
        Window {
            kind: kind.to_owned(),
            schedule: schedule.to_owned(),
            duration: duration.to_owned(),
            applications: vec!["shop*".to_owned()],
            manual_sync,
            ..Window::default()
        }
    }

    fn may(windows: &[Window], is_manual: bool, now: &str) -> bool {
        let subject = Subject {
            app: "shop",
            namespace: "web",
            clusters: &["in-cluster"],
        };
        let zones = |_: &str| None;
        allows(windows, &subject, is_manual, now.parse().unwrap(), zones)
    }

    #[test]
    fn deny_beats_allow_and_by_hand_it_may_pass() {
        let office = window("allow", "0 9 * * 1-5", "8h", true);
        let freeze = window("deny", "0 12 * * *", "1h", false);
        let monday = |hour: &str| format!("2030-01-07T{hour}:30:00Z");
        let both = [office.clone(), freeze];
        for (windows, hour, by_itself, by_hand) in [
            (&[][..], "03", true, true),
            (&both[..1], "10", true, true),
            (&both[..1], "18", false, true),
            (&both[..], "12", false, false),
            (&both[..], "13", true, true),
        ] {
            assert_eq!(may(windows, false, &monday(hour)), by_itself, "{hour}");
            assert_eq!(may(windows, true, &monday(hour)), by_hand, "{hour}");
        }
        assert!(!may(&[office], false, "2030-01-06T10:30:00Z"));
    }

    #[test]
    fn what_makes_no_sense_blocks_and_what_concerns_others_does_not() {
        let now = "2030-01-07T10:30:00Z";
        for bad in [
            window("allow", "61 * * * *", "1h", true),
            window("allow", "* * * *", "1h", true),
            window("allow", "* * * * *", "soon", true),
            window("allow", "* * * * *", "10000h", true),
            window("odd", "* * * * *", "1h", true),
        ] {
            assert!(!may(std::slice::from_ref(&bad), true, now), "{bad:?}");
        }
        let mut zoned = window("deny", "* * * * *", "1h", false);
        zoned.time_zone = "Nowhere/At_All".to_owned();
        assert!(!may(&[zoned], true, now));
        let mut other = window("deny", "* * * * *", "1h", false);
        other.applications = vec!["other".to_owned()];
        assert!(may(&[other.clone()], false, now));
        other.namespaces = vec!["web".to_owned()];
        assert!(!may(&[other.clone()], false, now));
        other.and_operator = true;
        assert!(may(&[other], false, now));
    }

    #[test]
    fn fields_of_cron() {
        for (text, expected) in [
            ("*/15", Some(1 | 1 << 15 | 1 << 30 | 1 << 45)),
            ("1,3-5", Some(1 << 1 | 1 << 3 | 1 << 4 | 1 << 5)),
            ("50/5", Some(1 << 50 | 1 << 55)),
            ("5-1", None),
            ("60", None),
            ("*/0", None),
        ] {
            assert_eq!(field(text, 0, 59, &[]), expected, "{text}");
        }
        assert_eq!(field("Mon", 0, 6, DAYS), Some(1 << 1));
        assert_eq!(field("dec", 1, 12, MONTHS), Some(1 << 12));
    }
}
