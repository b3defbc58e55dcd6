//! `fmt.Sprintf`.

use super::{
    super::{
        budget::Budget,
        function::Fault,
        quote,
        value::{Text, Value},
    },
    verb::{Flags, Printer},
};

/// The largest width or precision that Go takes.
const MAX_NUMBER: usize = 1_000_000;

/// Writes values by a format; what does not fit is said in the text, as Go does.
pub fn sprintf(format: &[u8], values: &[Value], budget: &mut Budget) -> Result<Text, Fault> {
    let mut run = Run {
        rest: format,
        values,
        next: 0,
        is_reordered: false,
        printer: Printer::new(budget),
    };
    while let Some(at) = run.rest.iter().position(|byte| *byte == b'%') {
        let (before, after) = run.rest.split_at(at);
        run.printer.push(before)?;
        run.rest = after.get(1..).unwrap_or_default();
        run.verb()?;
    }
    let rest = run.rest;
    run.printer.push(rest)?;
    run.extra()?;
    Ok(run.printer.out.into())
}

struct Run<'v, 'b> {
    rest: &'v [u8],
    values: &'v [Value],
    next: usize,
    is_reordered: bool,
    printer: Printer<'b>,
}

impl Run<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let value = number.unwrap_or(0) * 10 + usize::from(digit - b'0');
            self.skip(1);
            if value > MAX_NUMBER {
                return None;
            }
            number = Some(value);
        }
        number
    }

    /// `[n]`; false if it is there and good for nothing.
    fn index(&mut self, is_after: &mut bool) -> bool {
        if self.peek() != Some(b'[') {
            return true;
        }
        self.is_reordered = true;
        let Some(length) = self.rest.iter().position(|byte| *byte == b']') else {
            self.skip(1);
            return false;
        };
        let digits = self.rest.get(1..length).unwrap_or_default();
        let number = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
            .and_then(|digits| digits.parse::<usize>().ok());
        self.skip(length + 1);
        match number {
            Some(number) if (1..=self.values.len()).contains(&number) => {
                self.next = number - 1;
                *is_after = true;
                true
            }
            _ => false,
        }
    }

    /// The number that `*` takes from the values.
    fn star(&mut self) -> Option<i64> {
        let value = self.values.get(self.next);
        self.next += usize::from(value.is_some());
        match value {
            Some(Value::Int(int) | Value::Int64(int)) => {
                (int.unsigned_abs() <= MAX_NUMBER as u64).then_some(*int)
            }
            Some(Value::Uint8(int)) => Some(i64::from(*int)),
            Some(Value::Uint64(int)) => i64::try_from(*int)
                .ok()
                .filter(|int| *int <= MAX_NUMBER as i64),
            _ => None,
        }
    }

    fn verb(&mut self) -> Result<(), Fault> {
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some(b'#') => flags.sharp = true,
                Some(b'0') => flags.zero = true,
                Some(b'+') => flags.plus = true,
                Some(b'-') => flags.minus = true,
                Some(b' ') => flags.space = true,
                _ => break,
            }
            self.skip(1);
        }
        let mut is_after_index = false;
        let mut is_good = self.index(&mut is_after_index);
        if self.peek() == Some(b'*') {
            self.skip(1);
            match self.star() {
                None => self.printer.push(b"%!(BADWIDTH)")?,
                Some(width) => {
                    if width < 0 {
                        flags.minus = true;
                        flags.zero = false;
                    }
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
            }
            is_after_index = false;
        } else {
            flags.width = self.number();
            if is_after_index && flags.width.is_some() {
                is_good = false;
            }
        }
        if self.peek() == Some(b'.') {
            self.skip(1);
            if is_after_index {
                is_good = false;
            }
            is_good &= self.index(&mut is_after_index);
            if self.peek() == Some(b'*') {
                self.skip(1);
                match self.star() {
                    Some(precision) if precision >= 0 => {
                        flags.precision = usize::try_from(precision).ok()
                    }
                    Some(_) => {}
                    None => self.printer.push(b"%!(BADPREC)")?,
                }
                is_after_index = false;
            } else {
                flags.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !is_after_index {
            is_good &= self.index(&mut is_after_index);
        }
        let Some(letter) = quote::letters(self.rest).next() else {
            return self.printer.push(b"%!(NOVERB)");
        };
        let verb = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        self.skip(letter.map_or(1, char::len_utf8));
        if verb == '%' {
            return self.printer.push(b"%");
        }
        if !is_good {
            return self.printer.push(format!("%!{verb}(BADINDEX)").as_bytes());
        }
        let Some(value) = self.values.get(self.next) else {
            return self.printer.push(format!("%!{verb}(MISSING)").as_bytes());
        };
        self.next += 1;
        if flags.minus {
            flags.zero = false;
        }
        if verb == 'T' {
            let name = value.type_name();
            return self.printer.padded(name.as_bytes(), flags);
        }
        let flags = if verb == 'v' && flags.plus {
            Flags {
                plus: false,
                ..flags
            }
        } else {
            flags
        };
        self.printer.value(value, verb, flags, 0)
    }

    fn extra(&mut self) -> Result<(), Fault> {
        if self.is_reordered || self.next >= self.values.len() {
            return Ok(());
        }
        self.printer.push(b"%!(EXTRA ")?;
        let values = self.values.get(self.next..).unwrap_or_default();
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.printer.push(b", ")?;
            }
            if value.is_nothing() {
                self.printer.push(b"<nil>")?;
            } else {
                self.printer.push(value.type_name().as_bytes())?;
                self.printer.push(b"=")?;
                self.printer.plain(value)?;
            }
        }
        self.printer.push(b")")
    }
}
