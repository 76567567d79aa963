//! `Fn::Cidr`: blocks of addresses out of one.

use super::Evaluator;
use crate::{Function, TemplateError, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many blocks can be taken.
const BLOCKS: std::ops::RangeInclusive<u64> = 1..=256;

impl Evaluator<'_, '_> {
    pub(super) fn cidr(&self, argument: &Value) -> Result<Value, TemplateError> {
        let failed = TemplateError::Arguments(Function::Cidr);
        let parts = argument.as_list().filter(|parts| (2..=3).contains(&parts.len()));
        let mut texts = Vec::with_capacity(3);
        for part in parts.ok_or_else(|| failed.clone())? {
            let part = self.argument(part, Function::Cidr)?;
            if matches!(part, Value::Unknown(_)) {
                return Ok(part);
            }
            texts.push(part.text().ok_or_else(|| failed.clone())?.into_owned());
        }
        let number = |text: &String| text.trim().parse::<u64>().map_err(|_| failed.clone());
        let [block, rest @ ..] = texts.as_slice() else { return Err(failed) };
        let count = rest.first().map(number).transpose()?.unwrap_or(0);
        let bits = rest.get(1).map(number).transpose()?;
        if !BLOCKS.contains(&count) {
            return Err(failed);
        }
        let blocks = blocks(block, count, bits)?;
        Ok(Value::List(blocks.into_iter().map(Value::String).collect()))
    }
}

/// Blocks of 2^`bits` addresses, or of 256 in IPv4 and 2^64 in IPv6, one after the other.
fn blocks(block: &str, count: u64, bits: Option<u64>) -> Result<Vec<String>, TemplateError> {
    let invalid = || TemplateError::CidrBlock(block.to_owned());
    let (address, prefix) = block.split_once('/').ok_or_else(invalid)?;
    let address: IpAddr = address.parse().map_err(|_| invalid())?;
    let (number, width, usual) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32, 8),
        IpAddr::V6(address) => (u128::from(address), 128, 64),
    };
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= width).ok_or_else(invalid)?;
    let bits = bits.unwrap_or(usual);
    let room = || TemplateError::CidrRoom { block: block.to_owned(), count, bits };
    let size = u32::try_from(bits).ok().filter(|size| (1..128).contains(size)).ok_or_else(room)?;
    // How many blocks there are in it, as a power of two.
    let exponent = (width - prefix).checked_sub(size).ok_or_else(room)?;
    if exponent < 64 && count > 1 << exponent {
        return Err(room());
    }
    let host = if prefix == 0 { u128::MAX } else { (1_u128 << (width - prefix).min(127)) - 1 };
    let start = if width == prefix { number } else { number & !host };
    let written = |place: u64| {
        let address = start + (u128::from(place) << size);
        let address = match width {
            32 => IpAddr::V4(Ipv4Addr::from(address as u32)),
            _ => IpAddr::V6(Ipv6Addr::from(address)),
        };
        format!("{address}/{}", width - size)
    };
    Ok((0..count).map(written).collect())
}
