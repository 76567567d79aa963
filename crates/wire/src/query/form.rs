//! Forms: pairs of percent-encoded texts.

/// Why a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Something is not percent-encoded UTF-8.
    #[error("The request is not a form of percent-encoded UTF-8.")]
    Encoding,
    /// There are more parameters than any request has.
    #[error("The request has too many parameters.")]
    TooMany,
    /// A path is longer, or has more names, than that of any member.
    #[error("The name of a parameter is too long.")]
    TooDeep,
}

/// The pairs of a form, still encoded.
pub(super) fn pairs(form: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let parts = form.split(|byte| *byte == b'&').map(<[u8]>::trim_ascii);
    parts.filter(|part| !part.is_empty()).map(|part| match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (&part[..at], &part[at + 1..]),
        None => (part, &part[part.len()..]),
    })
}

/// A text of a form, decoded: `+` is a space, `%` and two digits a byte.
pub(super) fn decode(text: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let (Some(high), Some(low)) = (high, low) else { return Err(Malformed::Encoding) };
                bytes.push(high << 4 | low);
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).map_err(|_| Malformed::Encoding)
}

fn digit(byte: Option<&u8>) -> Option<u8> {
    let digit = char::from(*byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}
