//! Blocks of addresses: `10.0.0.0/24`, `2001:db8::/32`.

use std::net::IpAddr;

/// A block of addresses of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    network: u128,
    mask: u128,
    v6: bool,
}

impl Cidr {
    /// Reads `address/bits`.
    pub(super) fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let digits = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u32 = digits.then(|| bits.parse().ok())??;
        let (number, v6) = number(address);
        let width = if v6 { 128 } else { 32 };
        let host = width - Some(bits).filter(|bits| *bits <= width)?;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        Some(Cidr { network: number & mask, mask, v6 })
    }

    /// Whether the text is an address of the block.
    pub(super) fn contains(self, text: &str) -> bool {
        let Ok(address) = text.parse() else { return false };
        let (number, v6) = number(address);
        v6 == self.v6 && number & self.mask == self.network
    }
}

fn number(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), false),
        IpAddr::V6(address) => (address.to_bits(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        let rows = [
            ("10.0.0.0/24", "10.0.0.33", true),
            ("10.0.0.0/24", "10.0.1.33", false),
            ("10.0.0.77/24", "10.0.0.1", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("10.1.2.3/32", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.4", false),
            ("2001:db8::/32", "2001:db8:1::5", true),
            ("2001:db8::/32", "2001:db9::5", false),
            ("::/0", "1::", true),
            ("10.0.0.0/8", "10.0.0", false),
        ];
        for (block, address, contains) in rows {
            assert_eq!(Cidr::parse(block).unwrap().contains(address), contains, "{block} {address}");
        }
        for text in
            ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+1", "10.0.0/8", "/8", "x/8"]
        {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }
}
