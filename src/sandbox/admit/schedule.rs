//! Schedules of CronJobs: five fields, or a descriptor (`github.com/robfig/cron/v3`, the standard parser).

/// Lowest and highest number of a field, and the names of its numbers from the lowest.
struct Bounds {
    lowest: u32,
    highest: u32,
    names: &'static [&'static str],
}

const FIELDS: [Bounds; 5] = [
    Bounds {
        lowest: 0,
        highest: 59,
        names: &[],
    },
    Bounds {
        lowest: 0,
        highest: 23,
        names: &[],
    },
    Bounds {
        lowest: 1,
        highest: 31,
        names: &[],
    },
    Bounds {
        lowest: 1,
        highest: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Bounds {
        lowest: 0,
        highest: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

const DESCRIPTORS: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// What is wrong with a schedule, if anything is.
pub fn problem(schedule: &str) -> Option<String> {
    check(schedule).err()
}

fn check(schedule: &str) -> Result<(), String> {
    let mut rest = schedule;
    if rest.is_empty() {
        return Err("empty spec string".to_owned());
    }
    if rest.starts_with("TZ=") || rest.starts_with("CRON_TZ=") {
        // The zone itself is judged by who finds it here at all.
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest).trim();
    }
    if rest.starts_with('@') {
        return descriptor(rest);
    }
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!(
            "expected exactly 5 fields, found {}: [{}]",
            fields.len(),
            fields.join(" ")
        ));
    }
    for (field, bounds) in fields.iter().zip(&FIELDS) {
        for part in field.split(',').filter(|part| !part.is_empty()) {
            range(part, bounds)?;
        }
    }
    Ok(())
}

fn descriptor(text: &str) -> Result<(), String> {
    if DESCRIPTORS.contains(&text) {
        return Ok(());
    }
    match text.strip_prefix("@every ") {
        Some(duration) if is_duration(duration) => Ok(()),
        Some(duration) => Err(format!(
            "failed to parse duration {text}: time: invalid duration {duration:?}"
        )),
        None => Err(format!("unrecognized descriptor: {text}")),
    }
}

/// Numbers with units, as Go writes durations.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut has_any = false;
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        if !number.bytes().any(|byte| byte.is_ascii_digit()) || number.matches('.').count() > 1 {
            return false;
        }
        let units = ["ns", "us", "µs", "ms", "s", "m", "h"];
        let Some(known) = units.iter().find(|known| {
            unit.strip_prefix(**known)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        }) else {
            return false;
        };
        rest = unit.get(known.len()..).unwrap_or_default();
        has_any = true;
    }
    has_any
}

/// `*`, a number or a range of them, with a step if one is given.
fn range(text: &str, bounds: &Bounds) -> Result<(), String> {
    let parts: Vec<&str> = text.split('/').collect();
    let (span, step) = match parts.as_slice() {
        [span] => (*span, None),
        [span, step] => (*span, Some(*step)),
        _ => return Err(format!("too many slashes: {text}")),
    };
    let ends: Vec<&str> = span.split('-').collect();
    let (start, mut end) = match ends.as_slice() {
        ["*" | "?"] => (bounds.lowest, bounds.highest),
        ["*" | "?", ..] => {
            // What follows is not looked at.
            (bounds.lowest, bounds.highest)
        }
        [one] => {
            let one = number(one, bounds)?;
            (one, one)
        }
        [start, end] => (number(start, bounds)?, number(end, bounds)?),
        _ => return Err(format!("too many hyphens: {text}")),
    };
    let is_one = ends.len() == 1 && !matches!(ends.as_slice(), ["*" | "?"]);
    let step = match step {
        None => 1,
        Some(step) => {
            if is_one {
                end = bounds.highest;
            }
            plain(step)?
        }
    };
    if start < bounds.lowest {
        return Err(format!(
            "beginning of range ({start}) below minimum ({}): {text}",
            bounds.lowest
        ));
    }
    if end > bounds.highest {
        return Err(format!(
            "end of range ({end}) above maximum ({}): {text}",
            bounds.highest
        ));
    }
    if start > end {
        return Err(format!(
            "beginning of range ({start}) beyond end of range ({end}): {text}"
        ));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(())
}

fn number(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let lower = text.to_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(place) => Ok(bounds.lowest + u32::try_from(place).unwrap_or_default()),
        None => plain(text),
    }
}

fn plain(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"
        ));
    }
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(format!("negative number ({number}) not allowed: {text}")),
        Ok(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        Err(_) => Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: value out of range"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_judged_in_the_words_of_the_parser() {
        for good in [
            "0 3 * * *",
            "*/5 1-3,7 ? JAN-mar sun",
            "@hourly",
            "@every 1h30m",
            "5/15 * * * *",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for (wrong, expected) in [
            ("never", "expected exactly 5 fields, found 1: [never]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            (
                "5-2 * * * *",
                "beginning of range (5) beyond end of range (2): 5-2",
            ),
            (
                "*/0 * * * *",
                "step of range should be a positive number: */0",
            ),
            (
                "x * * * *",
                "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            ("@noon", "unrecognized descriptor: @noon"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ] {
            assert_eq!(problem(wrong).as_deref(), Some(expected), "{wrong}");
        }
    }
}
