//! DynamoDB's numbers: up to 38 significant digits, magnitude 1E-130 to 9.99...E+125, exact.
//!
//! A number is held in canonical form, so that `1`, `1.0` and `10e-1` are one value with one text.

use std::cmp::Ordering;
use std::fmt;

/// The most significant digits of a number.
const DIGITS_MAX: u32 = 38;
/// The exponent of the leading digit of the largest number: 9.99...E+125.
const MAGNITUDE_MAX: i32 = 125;
/// The exponent of the leading digit of the smallest number above zero: 1E-130.
const MAGNITUDE_MIN: i32 = -130;

/// A number in canonical form: `coefficient * 10^exponent`, the coefficient without trailing zeros; zero is
/// all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    coefficient: u128,
    exponent: i16,
}

/// Why a text or a result is no number that DynamoDB stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is not a number.
    #[error("The parameter cannot be converted to a numeric value")]
    NotNumeric,
    /// More than 38 significant digits.
    #[error("Attempting to store more than 38 significant digits in a Number")]
    TooManyDigits,
    /// Beyond 9.99...E+125.
    #[error("Number overflow. Attempting to store a number with magnitude larger than supported range")]
    Overflow,
    /// Nearer to zero than 1E-130.
    #[error("Number underflow. Attempting to store a number with magnitude smaller than supported range")]
    Underflow,
}

/// How many decimal digits a coefficient has; 0 for zero.
fn digits(coefficient: u128) -> u32 {
    // Most coefficients fit 64 bits, whose logarithm is many times cheaper.
    let log = match u64::try_from(coefficient) {
        Ok(short) => short.checked_ilog10(),
        Err(_) => coefficient.checked_ilog10(),
    };
    log.map_or(0, |log| log + 1)
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { negative: false, coefficient: 0, exponent: 0 };

    /// Reads a decimal number with an optional sign, fraction and exponent.
    ///
    /// # Errors
    /// [`NumberError`], as AWS tells them apart.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        match short(text.as_bytes()) {
            Some(number) => Ok(number),
            None => Scan::of(text.as_bytes())?.number(),
        }
    }

    /// Normalises a coefficient and an exponent, and checks the range.
    fn new(negative: bool, mut coefficient: u128, mut exponent: i32) -> Result<Self, NumberError> {
        if coefficient == 0 {
            return Ok(Self::ZERO);
        }
        while coefficient.is_multiple_of(10) {
            coefficient /= 10;
            exponent += 1;
        }
        let count = digits(coefficient);
        if count > DIGITS_MAX {
            return Err(NumberError::TooManyDigits);
        }
        in_range(exponent.saturating_add(count as i32 - 1))?;
        // The range check leaves an exponent between -167 and 125.
        Ok(Self { negative, coefficient, exponent: exponent as i16 })
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.coefficient == 0
    }

    /// The exponent of the leading digit.
    fn magnitude(self) -> i32 {
        i32::from(self.exponent) + digits(self.coefficient) as i32 - 1
    }

    /// Sign, digits and exponent of the leading digit, for the order-preserving key.
    pub(crate) fn parts(self) -> (bool, u128, i32) {
        (self.negative, self.coefficient, self.magnitude())
    }

    /// The sum.
    ///
    /// # Errors
    /// When the exact sum is no number that DynamoDB stores.
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        if self.is_zero() {
            return Ok(other);
        }
        if other.is_zero() {
            return Ok(self);
        }
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let shift = (high.exponent - low.exponent) as u32;
        // Two operands further apart than this share no digit, so their sum has more than 38.
        if shift + digits(high.coefficient) > DIGITS_MAX + 1 {
            return Err(NumberError::TooManyDigits);
        }
        let scaled = high.coefficient.checked_mul(10u128.pow(shift)).ok_or(NumberError::TooManyDigits)?;
        let (negative, sum) = if high.negative == low.negative {
            (high.negative, scaled.checked_add(low.coefficient).ok_or(NumberError::TooManyDigits)?)
        } else if scaled >= low.coefficient {
            (high.negative, scaled - low.coefficient)
        } else {
            (low.negative, low.coefficient - scaled)
        };
        Self::new(negative, sum, i32::from(low.exponent))
    }

    /// The difference.
    ///
    /// # Errors
    /// When the exact difference is no number that DynamoDB stores.
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        self.checked_add(Self { negative: !other.negative && !other.is_zero(), ..other })
    }

    /// Bytes that it counts for in an item's size: one, one for each pair of digits when they are aligned on
    /// even powers of ten, one for the sign below zero.
    #[must_use]
    pub fn size(self) -> usize {
        if self.is_zero() {
            return 1;
        }
        let count = digits(self.coefficient) as usize;
        let unaligned = count.is_multiple_of(2) && self.magnitude().rem_euclid(2) == 0;
        1 + count.div_ceil(2) + usize::from(unaligned) + usize::from(self.negative)
    }

    /// Its integer part, rounded towards zero; `None` beyond 64 bits.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        let value = if self.exponent >= 0 {
            self.coefficient.checked_mul(10u128.checked_pow(self.exponent as u32)?)?
        } else {
            let divisor = 10u128.checked_pow(u32::from(self.exponent.unsigned_abs()));
            divisor.map_or(0, |divisor| self.coefficient / divisor)
        };
        let value = i128::try_from(value).ok()?;
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// Appends the canonical text: plain digits, no exponent.
    pub fn write(self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        let mut buffer = [0u8; 40];
        let text = decimal(self.coefficient, &mut buffer);
        if self.exponent >= 0 {
            out.extend_from_slice(text);
            out.resize(out.len() + self.exponent as usize, b'0');
            return;
        }
        let fraction = usize::from(self.exponent.unsigned_abs());
        if text.len() > fraction {
            let (whole, rest) = text.split_at(text.len() - fraction);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(rest);
        } else {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + fraction - text.len(), b'0');
            out.extend_from_slice(text);
        }
    }
}

/// The decimal digits of a coefficient, `0` for zero.
fn decimal(mut coefficient: u128, buffer: &mut [u8; 40]) -> &[u8] {
    let mut at = buffer.len();
    loop {
        // Most coefficients fit 64 bits, whose division is many times cheaper.
        let digit = if let Ok(small) = u64::try_from(coefficient) {
            coefficient = u128::from(small / 10);
            small % 10
        } else {
            let digit = (coefficient % 10) as u64;
            coefficient /= 10;
            digit
        };
        at -= 1;
        buffer[at] = b'0' + digit as u8;
        if coefficient == 0 {
            return &buffer[at..];
        }
    }
}

/// Reads what most numbers are, a few digits with a sign or a point; leaves everything else, zero with a point
/// too, to [`Scan`].
fn short(text: &[u8]) -> Option<Number> {
    const BYTES_MAX: usize = 18;
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if !matches!(text, [b'0'..=b'9', .., b'0'..=b'9'] | [b'0'..=b'9']) || text.len() > BYTES_MAX {
        return None;
    }
    let (mut coefficient, mut exponent, mut point) = (0u64, 0i16, false);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                coefficient = coefficient * 10 + u64::from(byte - b'0');
                exponent -= i16::from(point);
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    if coefficient == 0 {
        return if point { None } else { Some(Number::ZERO) };
    }
    while coefficient.is_multiple_of(10) {
        coefficient /= 10;
        exponent += 1;
    }
    Some(Number { negative, coefficient: u128::from(coefficient), exponent })
}

fn in_range(magnitude: i32) -> Result<(), NumberError> {
    if magnitude > MAGNITUDE_MAX {
        Err(NumberError::Overflow)
    } else if magnitude < MAGNITUDE_MIN {
        Err(NumberError::Underflow)
    } else {
        Ok(())
    }
}

/// A text, scanned.
struct Scan {
    negative: bool,
    coefficient: u128,
    /// Significant digits seen, trailing zeros apart.
    significant: u32,
    exponent: i64,
}

impl Scan {
    fn of(text: &[u8]) -> Result<Self, NumberError> {
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut scan = Self { negative, coefficient: 0, significant: 0, exponent: 0 };
        let (mut seen, mut point, mut zeros) = (false, false, 0u32);
        while let [byte, tail @ ..] = rest {
            match byte {
                b'0'..=b'9' => {
                    seen = true;
                    scan.exponent -= i64::from(point);
                    zeros = scan.digit(u128::from(byte - b'0'), zeros);
                }
                b'.' if !point => point = true,
                b'e' | b'E' if seen => {
                    scan.exponent = scan.exponent.saturating_add(exponent(tail)?);
                    rest = &[];
                    break;
                }
                _ => return Err(NumberError::NotNumeric),
            }
            rest = tail;
        }
        if !seen || !rest.is_empty() {
            return Err(NumberError::NotNumeric);
        }
        // Zeros that no digit followed were not taken up: they only raise the exponent.
        scan.exponent =
            scan.exponent.saturating_add(i64::from(if scan.coefficient == 0 { 0 } else { zeros }));
        Ok(scan)
    }

    /// Takes up a digit; zeros wait until another digit follows. Answers the zeros that wait.
    fn digit(&mut self, digit: u128, zeros: u32) -> u32 {
        if digit == 0 {
            return if self.significant == 0 { 0 } else { zeros.saturating_add(1) };
        }
        let taken = if self.significant == 0 { 1 } else { zeros.saturating_add(1) };
        self.significant = self.significant.saturating_add(taken);
        if self.significant <= DIGITS_MAX {
            self.coefficient = self.coefficient * 10u128.pow(taken) + digit;
        }
        0
    }

    fn number(self) -> Result<Number, NumberError> {
        if self.significant == 0 {
            // AWS checks zero's range as if its last written digit were 1.
            let exponent = i32::try_from(self.exponent).map_err(|_| beyond(self.exponent))?;
            in_range(exponent)?;
            return Ok(Number::ZERO);
        }
        if self.significant > DIGITS_MAX {
            return Err(NumberError::TooManyDigits);
        }
        let exponent = i32::try_from(self.exponent).map_err(|_| beyond(self.exponent))?;
        Number::new(self.negative, self.coefficient, exponent)
    }
}

fn beyond(exponent: i64) -> NumberError {
    if exponent > 0 { NumberError::Overflow } else { NumberError::Underflow }
}

/// An exponent of 64 bits; anything else is no number.
fn exponent(text: &[u8]) -> Result<i64, NumberError> {
    let digits = match text {
        [b'-' | b'+', digits @ ..] | digits => digits,
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberError::NotNumeric);
    }
    let text = std::str::from_utf8(text).map_err(|_| NumberError::NotNumeric)?;
    text.parse().map_err(|_| NumberError::NotNumeric)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(48);
        self.write(&mut text);
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let ordering = sign(self).cmp(&sign(other)).then_with(|| {
            let by_magnitude = self.magnitude().cmp(&other.magnitude()).then_with(|| {
                let scale =
                    |number: &Self| number.coefficient * 10u128.pow(DIGITS_MAX - digits(number.coefficient));
                scale(self).cmp(&scale(other))
            });
            if self.negative { by_magnitude.reverse() } else { by_magnitude }
        });
        debug_assert_eq!(ordering == Ordering::Equal, self == other);
        ordering
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        let number = Self::from(value.unsigned_abs());
        Self { negative: value < 0, ..number }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        // Twenty digits are always in range.
        Self::new(false, u128::from(value), 0).unwrap_or(Self::ZERO)
    }
}

#[cfg(test)]
mod tests;
