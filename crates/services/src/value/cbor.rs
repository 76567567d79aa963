//! CBOR (RFC 8949), as the SDKs for Java speak it to Kinesis, and newer ones to CloudWatch: times are milliseconds under tag 1.
//!
//! Everything that another writer of CBOR may say is read: lengths that are not told beforehand, floats of every width,
//! tags, which are dropped but for times. Depth and lengths are bounded by what is there.

use super::Value;
use crate::request::RequestError;

/// How deep values may lie in one another. Requests go three deep.
const DEPTH_MAX: u32 = 32;

const TAG_TIME: u64 = 1;
const BREAK: u8 = 0xff;

/// Reads a value, which must be all there is; an empty body is an empty structure.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, RequestError> {
    decode_of(bytes, usize::MAX)
}

/// Reads a value in which there are this many at most, the names of members among them.
pub(crate) fn decode_of(bytes: &[u8], values_max: usize) -> Result<Value, RequestError> {
    if bytes.is_empty() {
        return Ok(Value::Structure(Vec::new()));
    }
    let mut reader = Reader { rest: bytes, values: 0, values_max };
    let value = reader.value(0).filter(|_| reader.rest.is_empty());
    value.ok_or_else(|| match reader.values > values_max {
        true => RequestError::too_many_values(values_max),
        false => RequestError::Serialization("The body is not CBOR.".to_owned()),
    })
}

struct Reader<'a> {
    rest: &'a [u8],
    /// How many were begun.
    values: usize,
    values_max: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// The argument of an initial byte; none where the length is not told.
    fn argument(&mut self, initial: u8) -> Option<Option<u64>> {
        let big_endian = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        match initial & 31 {
            small @ 0..=23 => Some(Some(u64::from(small))),
            width @ 24..=27 => Some(Some(big_endian(self.take(1 << (width - 24))?))),
            31 => Some(None),
            _ => None,
        }
    }

    /// Whether the items of something go on: so many are left, or no break is there.
    fn goes_on(&mut self, left: &mut Option<u64>) -> Option<bool> {
        match left {
            Some(0) => Some(false),
            Some(left) => {
                *left -= 1;
                Some(true)
            }
            None if *self.rest.first()? == BREAK => {
                self.byte()?;
                Some(false)
            }
            None => Some(true),
        }
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        self.values += 1;
        if depth > DEPTH_MAX || self.values > self.values_max {
            return None;
        }
        let initial = self.byte()?;
        let major = initial >> 5;
        if major == 7 {
            return self.simple(initial);
        }
        let argument = self.argument(initial)?;
        match major {
            0 => Some(Value::Integer(i64::try_from(argument?).ok()?)),
            1 => Some(Value::Integer(-1 - i64::try_from(argument?).ok()?)),
            2 => Some(Value::Blob(self.string(initial, argument)?)),
            3 => Some(Value::Text(String::from_utf8(self.string(initial, argument)?).ok()?)),
            4 => {
                let (mut values, mut left) = (Vec::new(), argument);
                while self.goes_on(&mut left)? {
                    values.push(self.value(depth + 1)?);
                }
                Some(Value::List(values))
            }
            5 => {
                let (mut members, mut left) = (Vec::new(), argument);
                while self.goes_on(&mut left)? {
                    let Value::Text(name) = self.value(depth + 1)? else { return None };
                    members.push((name, self.value(depth + 1)?));
                }
                Some(Value::Structure(members))
            }
            _ => match (argument?, self.value(depth + 1)?) {
                (TAG_TIME, Value::Integer(ms)) => Some(Value::Time(u64::try_from(ms).ok()?)),
                (TAG_TIME, Value::Float(ms)) if ms >= 0.0 => Some(Value::Time(ms as u64)),
                (_, value) => Some(value),
            },
        }
    }

    /// The bytes of a string, whose pieces follow one another where its length is not told.
    fn string(&mut self, initial: u8, length: Option<u64>) -> Option<Vec<u8>> {
        if let Some(length) = length {
            return self.take(length).map(<[u8]>::to_vec);
        }
        let mut whole = Vec::new();
        loop {
            let piece = self.byte()?;
            if piece == BREAK {
                return Some(whole);
            }
            if piece >> 5 != initial >> 5 {
                return None;
            }
            let length = self.argument(piece)??;
            whole.extend_from_slice(self.take(length)?);
        }
    }

    fn simple(&mut self, initial: u8) -> Option<Value> {
        match initial & 31 {
            20 => Some(Value::Boolean(false)),
            21 => Some(Value::Boolean(true)),
            22 | 23 => Some(Value::Null),
            25 => Some(Value::Float(half(u16::from_be_bytes(self.take(2)?.try_into().ok()?)))),
            26 => Some(Value::Float(f32::from_be_bytes(self.take(4)?.try_into().ok()?).into())),
            27 => Some(Value::Float(f64::from_be_bytes(self.take(8)?.try_into().ok()?))),
            _ => None,
        }
    }
}

/// The value of a float of 16 bits.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let value = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { value } else { -value }
}

/// Writes a value.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Boolean(boolean) => out.push(if *boolean { 0xf5 } else { 0xf4 }),
        Value::Integer(integer) => match u64::try_from(*integer) {
            Ok(positive) => head(0, positive, out),
            Err(_) => head(1, integer.unsigned_abs() - 1, out),
        },
        Value::Float(float) => {
            out.push(0xfb);
            out.extend_from_slice(&float.to_be_bytes());
        }
        Value::Text(text) => {
            head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Blob(bytes) => {
            head(2, bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        Value::Time(ms) => {
            head(6, TAG_TIME, out);
            head(0, *ms, out);
        }
        Value::List(values) => {
            head(4, values.len() as u64, out);
            values.iter().for_each(|value| write(value, out));
        }
        Value::Structure(members) => {
            head(5, members.len() as u64, out);
            for (name, value) in members {
                head(3, name.len() as u64, out);
                out.extend_from_slice(name.as_bytes());
                write(value, out);
            }
        }
    }
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let (major, bytes) = (major << 5, argument.to_be_bytes());
    match argument {
        0..=23 => out.push(major | argument as u8),
        24..=0xff => out.extend_from_slice(&[major | 24, bytes[7]]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&bytes);
        }
    }
}

#[cfg(test)]
mod tests;
