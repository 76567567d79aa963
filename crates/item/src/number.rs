//! DynamoDB's numbers: up to 38 significant digits, magnitude 1E-130 to 9.99...E+125, exact.

/// A number in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    coefficient: u128,
    exponent: i16,
}
