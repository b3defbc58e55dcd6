//! One value with one verb and its flags.

use super::{
    super::{
        budget::{Budget, MAX_DEPTH, MAX_OUTPUT_BYTES},
        function::{Fault, date},
        quote,
        template_error::Limit,
        value::{Text, Value},
    },
    float,
};

/// The flags of a verb.
#[derive(Clone, Copy, Default)]
pub struct Flags {
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

/// Where formatted text goes, counted.
pub struct Printer<'b> {
    pub out: Vec<u8>,
    pub budget: &'b mut Budget,
}

type Printed = Result<(), Fault>;

/// A value as `%v` writes it.
pub fn to_text(value: &Value, budget: &mut Budget) -> Result<Text, Fault> {
    if let Value::Text(text) = value {
        return Ok(text.clone());
    }
    sprint(std::slice::from_ref(value), budget)
}

/// `fmt.Sprint`: a space between two operands neither of which is a string.
pub fn sprint(values: &[Value], budget: &mut Budget) -> Result<Text, Fault> {
    let mut printer = Printer::new(budget);
    let mut was_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(_));
        if !is_text && !was_text {
            printer.push(b" ")?;
        }
        printer.plain(value)?;
        was_text = is_text;
    }
    Ok(printer.out.into())
}

/// `fmt.Sprintln`.
pub fn sprintln(values: &[Value], budget: &mut Budget) -> Result<Text, Fault> {
    let mut printer = Printer::new(budget);
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            printer.push(b" ")?;
        }
        printer.plain(value)?;
    }
    printer.push(b"\n")?;
    Ok(printer.out.into())
}

impl<'b> Printer<'b> {
    pub fn new(budget: &'b mut Budget) -> Self {
        Self {
            out: Vec::new(),
            budget,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) -> Printed {
        if self.out.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(Limit::Output.into());
        }
        self.budget.take_bytes(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    pub fn plain(&mut self, value: &Value) -> Printed {
        self.value(value, 'v', Flags::default(), 0)
    }

    /// Text within the width; zeros stand left of digits only.
    pub fn padded(&mut self, bytes: &[u8], flags: Flags) -> Printed {
        let count = quote::letters(bytes).count();
        let missing = flags.width.unwrap_or(0).saturating_sub(count);
        if missing == 0 {
            return self.push(bytes);
        }
        if missing > MAX_OUTPUT_BYTES {
            return Err(Limit::Output.into());
        }
        if flags.minus {
            self.push(bytes)?;
            return self.push(&vec![b' '; missing]);
        }
        let fill = if flags.zero { b'0' } else { b' ' };
        self.push(&vec![fill; missing])?;
        self.push(bytes)
    }

    /// Go's answer to a verb that does not fit: `%!d(string=x)`.
    fn bad(&mut self, value: &Value, verb: char, flags: Flags, depth: usize) -> Printed {
        let mut start = String::from("%!");
        start.push(verb);
        start.push('(');
        self.push(start.as_bytes())?;
        if value.is_nothing() {
            self.push(b"<nil>")?;
        } else {
            self.push(value.type_name().as_bytes())?;
            self.push(b"=")?;
            let flags = Flags {
                sharp: false,
                ..flags
            };
            self.value(value, 'v', flags, depth)?;
        }
        self.push(b")")
    }

    pub fn value(&mut self, value: &Value, verb: char, flags: Flags, depth: usize) -> Printed {
        self.budget.take(1)?;
        if depth > MAX_DEPTH {
            return Err(Limit::Depth.into());
        }
        match value {
            Value::Missing | Value::Nil if depth > 0 => self.push(if verb == 'v' && flags.sharp {
                b"interface {}(nil)"
            } else {
                b"<nil>"
            }),
            Value::Missing | Value::Nil if verb == 'v' => self.padded(b"<nil>", flags),
            Value::Missing | Value::Nil => self.bad(value, verb, flags, depth),
            Value::Bool(truth) => match verb {
                'v' | 't' => self.padded(truth.to_string().as_bytes(), flags),
                _ => self.bad(value, verb, flags, depth),
            },
            Value::Int(int) | Value::Int64(int) => {
                self.integer(value, *int < 0, int.unsigned_abs(), verb, flags, depth)
            }
            Value::Uint8(int) => self.integer(value, false, u64::from(*int), verb, flags, depth),
            Value::Uint64(int) => self.integer(value, false, *int, verb, flags, depth),
            Value::Float(float) => self.float(value, *float, verb, flags, depth),
            Value::Complex(real, imaginary) => match verb {
                'v' | 'b' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'x' | 'X' => {
                    self.push(b"(")?;
                    self.float(value, *real, verb, flags, depth)?;
                    self.float(
                        value,
                        *imaginary,
                        verb,
                        Flags {
                            plus: true,
                            ..flags
                        },
                        depth,
                    )?;
                    self.push(b"i)")
                }
                _ => self.bad(value, verb, flags, depth),
            },
            Value::Text(text) => self.text(value, text.bytes(), verb, flags, depth),
            Value::List(list) => {
                if verb == 'p' || (flags.sharp && list.is_nil) {
                    return Err(Fault::Refused);
                }
                let go_syntax = verb == 'v' && flags.sharp;
                let (open, between, close): (&[u8], &[u8], &[u8]) = if go_syntax {
                    (b"{", b", ", b"}")
                } else {
                    (b"[", b" ", b"]")
                };
                if go_syntax {
                    self.push(list.kind.name().as_bytes())?;
                }
                self.push(open)?;
                for (place, item) in list.items.iter().enumerate() {
                    if place > 0 {
                        self.push(between)?;
                    }
                    self.value(item, verb, flags, depth + 1)?;
                }
                self.push(close)
            }
            Value::Map(map) => {
                if verb == 'p' {
                    return Err(Fault::Refused);
                }
                let go_syntax = verb == 'v' && flags.sharp;
                if go_syntax {
                    self.push(value.type_name().as_bytes())?;
                }
                self.push(if go_syntax { b"{" } else { b"map[" })?;
                for (place, (key, item)) in map.entries.borrow().iter().enumerate() {
                    if place > 0 {
                        self.push(if go_syntax { b", " } else { b" " })?;
                    }
                    self.value(&Value::Text(key.clone()), verb, flags, depth + 1)?;
                    self.push(b":")?;
                    self.value(item, verb, flags, depth + 1)?;
                }
                self.push(if go_syntax { b"}" } else { b"]" })
            }
            Value::Time(time) => match verb {
                'v' | 's' | 'q' | 'x' | 'X' if !flags.sharp => {
                    let text = date::shown(*time);
                    self.text(value, text.as_bytes(), verb, flags, depth)
                }
                _ => Err(Fault::Refused),
            },
            Value::Version(version) => match verb {
                'v' | 's' | 'q' | 'x' | 'X' if !flags.sharp => {
                    let text = version.shown();
                    self.text(value, text.as_bytes(), verb, flags, depth)
                }
                _ => Err(Fault::Refused),
            },
        }
    }

    fn integer(
        &mut self,
        value: &Value,
        is_negative: bool,
        size: u64,
        verb: char,
        flags: Flags,
        depth: usize,
    ) -> Printed {
        let is_unsigned = matches!(value, Value::Uint8(_) | Value::Uint64(_));
        let (digits, prefix) = match verb {
            'v' if flags.sharp && is_unsigned => (format!("{size:x}"), "0x"),
            'v' | 'd' => (size.to_string(), ""),
            'b' => (format!("{size:b}"), if flags.sharp { "0b" } else { "" }),
            'o' => (format!("{size:o}"), if flags.sharp { "0" } else { "" }),
            'O' => (format!("{size:o}"), "0o"),
            'x' => (format!("{size:x}"), if flags.sharp { "0x" } else { "" }),
            'X' => (format!("{size:X}"), if flags.sharp { "0X" } else { "" }),
            'c' | 'q' | 'U' => {
                let code = if is_negative {
                    u32::MAX
                } else {
                    u32::try_from(size).unwrap_or(u32::MAX)
                };
                let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                let mut text = match verb {
                    'c' => letter.to_string(),
                    'q' => {
                        quote::quote(letter.encode_utf8(&mut [0; 4]).as_bytes(), '\'', flags.plus)
                    }
                    _ if is_negative => format!("U+{:04X}", size.wrapping_neg()),
                    _ => format!("U+{size:04X}"),
                };
                if verb == 'U'
                    && flags.sharp
                    && char::from_u32(code).is_some_and(quote::is_printable)
                {
                    text.push_str(&format!(" '{letter}'"));
                }
                return self.padded(
                    text.as_bytes(),
                    Flags {
                        zero: flags.zero && verb != 'U',
                        ..flags
                    },
                );
            }
            _ => return self.bad(value, verb, flags, depth),
        };
        let sign = if is_negative {
            "-"
        } else if flags.plus {
            "+"
        } else if flags.space {
            " "
        } else {
            ""
        };
        let mut digits = digits;
        if let Some(precision) = flags.precision {
            if precision == 0 && size == 0 {
                return self.padded(
                    b"",
                    Flags {
                        zero: false,
                        ..flags
                    },
                );
            }
            self.zeros(&mut digits, precision)?;
        } else if flags.zero && !flags.minus {
            let taken = sign.len();
            self.zeros(&mut digits, flags.width.unwrap_or(0).saturating_sub(taken))?;
        }
        let prefix = if prefix == "0" && digits.starts_with('0') {
            ""
        } else {
            prefix
        };
        self.padded(
            format!("{sign}{prefix}{digits}").as_bytes(),
            Flags {
                zero: false,
                ..flags
            },
        )
    }

    fn zeros(&mut self, digits: &mut String, wanted: usize) -> Printed {
        let missing = wanted.saturating_sub(digits.len());
        if missing > MAX_OUTPUT_BYTES {
            return Err(Limit::Output.into());
        }
        digits.insert_str(0, &"0".repeat(missing));
        Ok(())
    }

    fn float(
        &mut self,
        value: &Value,
        number: f64,
        verb: char,
        flags: Flags,
        depth: usize,
    ) -> Printed {
        if flags.precision.is_some_and(|precision| precision > 1100) {
            return Err(Limit::Output.into());
        }
        let mut text = match verb {
            'v' if flags.sharp => float::shortest(number, flags.precision, 6, false),
            'v' => float::shortest(number, flags.precision, 6, false),
            'g' | 'G' => {
                let precision = flags.precision.or(flags.sharp.then_some(6));
                float::shortest(number, precision, 6, flags.sharp)
            }
            'e' | 'E' => float::exponent_form(number, Some(flags.precision.unwrap_or(6))),
            'f' | 'F' => float::fixed_form(number, Some(flags.precision.unwrap_or(6))),
            'b' => float::binary_form(number),
            'x' | 'X' if flags.precision.is_none() => float::hex_form(number),
            'x' | 'X' => return Err(Fault::Refused),
            _ => return self.bad(value, verb, flags, depth),
        };
        if verb == 'X' {
            text = text.to_uppercase();
        }
        if matches!(verb, 'E' | 'G') {
            text = text.replace('e', "E");
        }
        let is_finite = number.is_finite();
        let body = text.trim_start_matches(['+', '-']).to_owned();
        let sign = if text.starts_with('-') {
            "-"
        } else if flags.plus {
            "+"
        } else if flags.space {
            " "
        } else {
            ""
        };
        let sign = if number == f64::INFINITY && sign.is_empty() {
            "+"
        } else {
            sign
        };
        if flags.zero && !flags.minus && is_finite {
            let mut digits = body;
            self.zeros(
                &mut digits,
                flags.width.unwrap_or(0).saturating_sub(sign.len()),
            )?;
            return self.push(format!("{sign}{digits}").as_bytes());
        }
        self.padded(
            format!("{sign}{body}").as_bytes(),
            Flags {
                zero: false,
                ..flags
            },
        )
    }

    fn text(
        &mut self,
        value: &Value,
        bytes: &[u8],
        verb: char,
        flags: Flags,
        depth: usize,
    ) -> Printed {
        let cut = |bytes: &[u8]| -> Vec<u8> {
            match flags.precision {
                None => bytes.to_vec(),
                Some(count) => {
                    let mut kept = Vec::new();
                    for letter in quote::letters(bytes).take(count) {
                        match letter {
                            Ok(letter) => {
                                kept.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes())
                            }
                            Err(byte) => kept.push(byte),
                        }
                    }
                    kept
                }
            }
        };
        match verb {
            'v' if flags.sharp => self.padded(quote::quote(bytes, '"', false).as_bytes(), flags),
            'v' | 's' => self.padded(&cut(bytes), flags),
            'q' => {
                let bytes = cut(bytes);
                let is_raw = flags.sharp
                    && quote::letters(&bytes).all(|letter| {
                        letter.is_ok_and(|letter| {
                            letter == '\t'
                                || !(letter.is_ascii_control()
                                    || letter == '`'
                                    || letter == '\u{feff}')
                        })
                    });
                if is_raw {
                    let raw = [b"`".as_slice(), &bytes, b"`"].concat();
                    return self.padded(&raw, flags);
                }
                self.padded(quote::quote(&bytes, '"', flags.plus).as_bytes(), flags)
            }
            'x' | 'X' => {
                let shown = flags
                    .precision
                    .map_or(bytes, |count| bytes.get(..count).unwrap_or(bytes));
                self.budget.take_bytes(shown.len() * 2)?;
                let prefix = match (flags.sharp, verb) {
                    (true, 'x') => "0x",
                    (true, _) => "0X",
                    _ => "",
                };
                let mut text = String::new();
                for (place, byte) in shown.iter().enumerate() {
                    if place > 0 && flags.space {
                        text.push(' ');
                    }
                    if place == 0 || flags.space {
                        text.push_str(prefix);
                    }
                    text.push_str(&if verb == 'x' {
                        format!("{byte:02x}")
                    } else {
                        format!("{byte:02X}")
                    });
                }
                self.padded(text.as_bytes(), flags)
            }
            _ => self.bad(value, verb, flags, depth),
        }
    }
}
