//! Numbers by the book, slowly: texts of digits and integers without limit. What [`item::Number`] is held
//! against.

use item::NumberError;
use num_bigint::{BigInt, Sign};

/// A number as its definition has it: the integer times ten to the exponent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    integer: BigInt,
    exponent: i128,
}

/// The most digits, and the exponents of the leading digits of the largest and the smallest number.
const DIGITS_MAX: usize = 38;
const MAGNITUDE_MAX: i128 = 125;
const MAGNITUDE_MIN: i128 = -130;

impl Decimal {
    /// Reads `sign? digits? (. digits?)? ((e|E) sign? digits)?` with one digit at least before the exponent.
    ///
    /// # Errors
    /// As DynamoDB tells them apart.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let bad = NumberError::NotNumeric;
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad);
        }
        let exponent = exponent - fraction.len() as i128;
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if significant.len() > DIGITS_MAX {
            return Err(NumberError::TooManyDigits);
        }
        if significant.is_empty() {
            // AWS looks at a zero as if its last digit were a one.
            return in_range(exponent).map(|()| Self { integer: BigInt::ZERO, exponent: 0 });
        }
        let sign = if negative { "-" } else { "" };
        let integer = format!("{sign}{digits}").parse().map_err(|_| bad)?;
        Self { integer, exponent }.checked()
    }

    /// The exact sum.
    ///
    /// # Errors
    /// Where it is no number of DynamoDB's.
    pub fn add(&self, other: &Self) -> Result<Self, NumberError> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |one: &Self| &one.integer * BigInt::from(10).pow((one.exponent - exponent) as u32);
        Self { integer: scaled(self) + scaled(other), exponent }.checked()
    }

    /// The same number negated.
    pub fn negated(&self) -> Self {
        Self { integer: -&self.integer, exponent: self.exponent }
    }

    /// Without trailing zeros, if it is a number of DynamoDB's.
    fn checked(self) -> Result<Self, NumberError> {
        if self.integer == BigInt::ZERO {
            return Ok(Self { integer: BigInt::ZERO, exponent: 0 });
        }
        let (sign, digits) = (self.integer.sign(), self.integer.magnitude().to_string());
        let kept = digits.trim_end_matches('0');
        if kept.len() > DIGITS_MAX {
            return Err(NumberError::TooManyDigits);
        }
        let exponent = self.exponent + (digits.len() - kept.len()) as i128;
        in_range(exponent + kept.len() as i128 - 1)?;
        let magnitude: BigInt = kept.parse().map_err(|_| NumberError::NotNumeric)?;
        Ok(Self { integer: if sign == Sign::Minus { -magnitude } else { magnitude }, exponent })
    }

    /// The exact order of two numbers.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |one: &Self| &one.integer * BigInt::from(10).pow((one.exponent - exponent) as u32);
        scaled(self).cmp(&scaled(other))
    }

    /// Plain digits without an exponent.
    pub fn text(&self) -> String {
        let sign = if self.integer.sign() == Sign::Minus { "-" } else { "" };
        let digits = self.integer.magnitude().to_string();
        if self.exponent >= 0 {
            let zeros = if self.integer == BigInt::ZERO { 0 } else { self.exponent as usize };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        let fraction = self.exponent.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = fraction + 1);
        let (whole, rest) = padded.split_at(padded.len() - fraction);
        format!("{sign}{whole}.{rest}")
    }
}

/// An exponent: anything beyond 64 bits counts as no number.
fn exponent(text: &str) -> Result<i128, NumberError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::NotNumeric);
    }
    let value: BigInt = digits.parse().map_err(|_| NumberError::NotNumeric)?;
    let value = if text.starts_with('-') { -value } else { value };
    i64::try_from(value).map(i128::from).map_err(|_| NumberError::NotNumeric)
}

fn in_range(magnitude: i128) -> Result<(), NumberError> {
    match magnitude {
        MAGNITUDE_MIN..=MAGNITUDE_MAX => Ok(()),
        above if above > MAGNITUDE_MAX => Err(NumberError::Overflow),
        _ => Err(NumberError::Underflow),
    }
}
