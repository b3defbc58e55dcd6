//! Which texts YAML 1.1 takes for a point in time: the writer must quote them.

use std::ops::RangeInclusive;

/// Whether go-yaml takes the text for a time: a date, or a date and a time of day behind `T`, `t` (with a
/// zone) or spaces (without one).
pub(super) fn is_time(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 {
        return false;
    }
    let mut rest = Rest(text);
    let date = rest.date();
    if date.is_none() {
        return false;
    }
    if rest.0.is_empty() {
        return true;
    }
    if rest.skip('T').or_else(|| rest.skip('t')).is_some() {
        return rest.time_of_day().is_some() && rest.zone().is_some() && rest.0.is_empty();
    }
    rest.skip(' ').is_some() && {
        rest.0 = rest.0.trim_start_matches(' ');
        rest.time_of_day().is_some() && rest.0.is_empty()
    }
}

/// A time, for which [`is_time`] holds, as Go prints it in JSON (RFC 3339).
pub(super) fn written_out(text: &str) -> String {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, time),
        None => text.split_once(' ').unwrap_or((text, "")),
    };
    let padded = |part: &str| format!("{part:0>2}");
    let date: Vec<String> = date.split('-').map(padded).collect();
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let zone = if matches!(zone, "+00:00" | "-00:00") {
        "Z"
    } else {
        zone
    };
    let clock = clock.trim_start();
    let clock = if clock.is_empty() { "0:0:0" } else { clock };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let clock: Vec<String> = clock.split(':').map(padded).collect();
    let fraction = match fraction.trim_end_matches('0') {
        "" => String::new(),
        digits => format!(".{digits}"),
    };
    format!("{}T{}{fraction}{zone}", date.join("-"), clock.join(":"))
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn skip(&mut self, letter: char) -> Option<()> {
        self.0 = self.0.strip_prefix(letter)?;
        Some(())
    }

    /// A number of one or two digits, as many as there are.
    fn number(&mut self, range: RangeInclusive<u32>) -> Option<u32> {
        let count = self
            .0
            .bytes()
            .take(2)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits.parse().ok().filter(|number| range.contains(number))
    }

    fn date(&mut self) -> Option<()> {
        let (year, rest) = self.0.split_at_checked(4)?;
        let year: u32 = year.parse().ok()?;
        self.0 = rest;
        self.skip('-')?;
        let month = self.number(1..=12)?;
        self.skip('-')?;
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.number(1..=days).map(|_| ())
    }

    fn time_of_day(&mut self) -> Option<()> {
        self.number(0..=23)?;
        self.skip(':')?;
        self.number(0..=59)?;
        self.skip(':')?;
        self.number(0..=59)?;
        if let Some(fraction) = self.0.strip_prefix(['.', ',']) {
            let rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if rest.len() < fraction.len() {
                self.0 = rest;
            }
        }
        Some(())
    }

    fn zone(&mut self) -> Option<()> {
        if self.skip('Z').is_some() {
            return Some(());
        }
        self.skip('+').or_else(|| self.skip('-'))?;
        let two = |rest: &mut Self, range| {
            let before = rest.0.len();
            rest.number(range).filter(|_| before - rest.0.len() == 2)
        };
        two(self, 0..=24)?;
        self.skip(':')?;
        two(self, 0..=60).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn dates_and_times_are_told_from_other_texts() {
        for text in [
            "2020-01-01",
            "2020-1-2",
            "2020-02-29",
            "2020-01-01T10:00:00Z",
            "2020-01-01t1:2:3.5+02:00",
            "2020-01-01 10:00:00",
            "2020-01-01   10:00:00,25",
        ] {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "2020",
            "2020-",
            "2020-01",
            "2021-02-29",
            "2020-13-01",
            "2020-00-01",
            "20200-01-01",
            "2020-01-01T10:00:00",
            "2020-01-01 10:00:00Z",
            "2020-01-01x",
            "2020-01-01 ",
            "2020-01-01T10:00:00+2:00",
            "2020-01-01T24:00:00Z",
            "2020-01-0é",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
