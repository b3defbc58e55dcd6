//! Arithmetic.

use super::{
    super::value::{ListType, Value},
    convert::{to_float, to_int},
    signature::{
        Call, Called, Fault, Function,
        Parameter::{Any, Float, Int},
        any, from, int,
    },
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("add1", &[Any], |_, values| {
        Ok(Value::Int64(to_int(any(values, 0)).wrapping_add(1)))
    }),
    Function::variadic("add", &[], Any, |_, values| {
        Ok(Value::Int64(
            values.iter().map(to_int).fold(0, i64::wrapping_add),
        ))
    }),
    Function::new("sub", &[Any, Any], |_, values| {
        Ok(Value::Int64(
            to_int(any(values, 0)).wrapping_sub(to_int(any(values, 1))),
        ))
    }),
    Function::new("div", &[Any, Any], |_, values| {
        match to_int(any(values, 1)) {
            0 => Err(Fault::Failed),
            by => Ok(Value::Int64(to_int(any(values, 0)).wrapping_div(by))),
        }
    }),
    Function::new("mod", &[Any, Any], |_, values| {
        match to_int(any(values, 1)) {
            0 => Err(Fault::Failed),
            by => Ok(Value::Int64(to_int(any(values, 0)).wrapping_rem(by))),
        }
    }),
    Function::variadic("mul", &[Any], Any, |_, values| {
        Ok(Value::Int64(
            values.iter().map(to_int).fold(1, i64::wrapping_mul),
        ))
    }),
    Function::new("add1f", &[Any], |_, values| {
        decimal(to_float(any(values, 0)), &[Value::Int(1)], Decimal::add)
    }),
    Function::variadic("addf", &[], Any, |_, values| {
        decimal(0.0, values, Decimal::add)
    }),
    Function::variadic("subf", &[Any], Any, |_, values| {
        decimal(to_float(any(values, 0)), from(values, 1), |left, right| {
            left.add(right.negated())
        })
    }),
    Function::variadic("divf", &[Any], Any, |_, values| {
        decimal(to_float(any(values, 0)), from(values, 1), Decimal::divide)
    }),
    Function::variadic("mulf", &[Any], Any, |_, values| {
        decimal(to_float(any(values, 0)), from(values, 1), Decimal::multiply)
    }),
    Function::variadic("biggest", &[Any], Any, largest),
    Function::variadic("max", &[Any], Any, largest),
    Function::variadic("min", &[Any], Any, |_, values| {
        Ok(Value::Int64(values.iter().map(to_int).min().unwrap_or(0)))
    }),
    Function::variadic("maxf", &[Any], Any, |_, values| {
        let all = values.iter().map(to_float);
        let most = all.reduce(|left, right| {
            if left.is_nan() || right.is_nan() {
                f64::NAN
            } else {
                left.max(right)
            }
        });
        Ok(Value::Float(most.unwrap_or(0.0)))
    }),
    Function::variadic("minf", &[Any], Any, |_, values| {
        let all = values.iter().map(to_float);
        let least = all.reduce(|left, right| {
            if left.is_nan() || right.is_nan() {
                f64::NAN
            } else {
                left.min(right)
            }
        });
        Ok(Value::Float(least.unwrap_or(0.0)))
    }),
    Function::new("ceil", &[Any], |_, values| {
        Ok(Value::Float(to_float(any(values, 0)).ceil()))
    }),
    Function::new("floor", &[Any], |_, values| {
        Ok(Value::Float(to_float(any(values, 0)).floor()))
    }),
    Function::variadic("round", &[Any, Int], Float, |_, values| {
        let half = match values.get(2) {
            Some(Value::Float(half)) => *half,
            _ => 0.5,
        };
        let power = 10.0_f64.powf(int(values, 1) as f64);
        let digit = power * to_float(any(values, 0));
        let rounded = if digit.fract() >= half {
            digit.ceil()
        } else {
            digit.floor()
        };
        Ok(Value::Float(rounded / power))
    }),
    Function::new("until", &[Int], |call, values| {
        let count = int(values, 0);
        until_list(call, 0, count, if count < 0 { -1 } else { 1 })
    }),
    Function::new("untilStep", &[Int, Int, Int], |call, values| {
        until_list(call, int(values, 0), int(values, 1), int(values, 2))
    }),
    Function::variadic("seq", &[], Int, |call, values| {
        let (start, step, end) = match values {
            [_] => (1, None, int(values, 0)),
            [_, _] => (int(values, 0), None, int(values, 1)),
            [_, _, _] => (int(values, 0), Some(int(values, 1)), int(values, 2)),
            _ => return call.text(""),
        };
        let direction = if end < start { -1 } else { 1 };
        let step = step.unwrap_or(direction);
        if direction < 0 && step > 0 {
            return call.text("");
        }
        let numbers = until_step(call, start, end.wrapping_add(direction), step)?;
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        call.text(numbers.join(" "))
    }),
];

fn largest(_: &mut Call, values: &[Value]) -> Called {
    Ok(Value::Int64(values.iter().map(to_int).max().unwrap_or(0)))
}

fn until_step(call: &mut Call, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Fault> {
    let mut numbers = Vec::new();
    let is_down = stop < start;
    if (is_down && step >= 0) || (!is_down && step <= 0) {
        return Ok(numbers);
    }
    let mut at = start;
    while if is_down { at > stop } else { at < stop } {
        call.budget.take(1)?;
        numbers.push(at);
        at = at.wrapping_add(step);
    }
    Ok(numbers)
}

fn until_list(call: &mut Call, start: i64, stop: i64, step: i64) -> Called {
    let numbers = until_step(call, start, stop, step)?;
    let items = numbers.into_iter().map(Value::Int).collect();
    Ok(Value::list_of(ListType::Int, items))
}

/// A decimal number: digits times ten to the exponent.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

/// How many digits after the point a division gives.
const DIVISION_DIGITS: i32 = 16;

impl Decimal {
    fn of(float: f64) -> Option<Self> {
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let fraction = mantissa.split_once('.').map_or(0, |(_, rest)| rest.len());
        Some(Self {
            digits: mantissa.replace('.', "").parse().ok()?,
            exponent: exponent
                .parse::<i32>()
                .ok()?
                .checked_sub(i32::try_from(fraction).ok()?)?,
        })
    }

    fn negated(self) -> Self {
        Self {
            digits: -self.digits,
            ..self
        }
    }

    fn at_exponent(self, exponent: i32) -> Option<i128> {
        let shift = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.digits.checked_mul(10_i128.checked_pow(shift)?)
    }

    fn add(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let digits = self
            .at_exponent(exponent)?
            .checked_add(other.at_exponent(exponent)?)?;
        Some(Self { digits, exponent })
    }

    fn multiply(self, other: Self) -> Option<Self> {
        Some(Self {
            digits: self.digits.checked_mul(other.digits)?,
            exponent: self.exponent.checked_add(other.exponent)?,
        })
    }

    /// The quotient, rounded half away from zero.
    fn divide(self, other: Self) -> Option<Self> {
        let shift = self
            .exponent
            .checked_sub(other.exponent)?
            .checked_add(DIVISION_DIGITS)?;
        let power = 10_i128.checked_pow(shift.unsigned_abs())?;
        let (left, right) = if shift >= 0 {
            (self.digits.checked_mul(power)?, other.digits)
        } else {
            (self.digits, other.digits.checked_mul(power)?)
        };
        let (quotient, remainder) = (left.checked_div(right)?, left.checked_rem(right)?);
        let is_up = remainder.unsigned_abs().checked_mul(2)? >= right.unsigned_abs();
        let direction = if (left < 0) == (right < 0) { 1 } else { -1 };
        Some(Self {
            digits: quotient + if is_up { direction } else { 0 },
            exponent: -DIVISION_DIGITS,
        })
    }

    fn float(self) -> Option<f64> {
        format!("{}e{}", self.digits, self.exponent).parse().ok()
    }
}

/// Sprig's decimal arithmetic on floats; what is too large for it is an error.
fn decimal(start: f64, others: &[Value], run: fn(Decimal, Decimal) -> Option<Decimal>) -> Called {
    let mut result = Decimal::of(start).ok_or(Fault::Failed)?;
    for other in others {
        let other = Decimal::of(to_float(other)).ok_or(Fault::Failed)?;
        result = run(result, other).ok_or(Fault::Failed)?;
        while result.digits != 0 && result.digits % 10 == 0 {
            result.digits /= 10;
            result.exponent += 1;
        }
    }
    result.float().map(Value::Float).ok_or(Fault::Failed)
}
