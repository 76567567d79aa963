//! The framing `aws-chunked`: how clients send a body of which they sign each chunk, or whose checksum they know only
//! at its end.
//!
//! ```text
//! body    = *( size [ ";chunk-signature=" hex ] CRLF data CRLF ) last
//! last    = "0" [ ";chunk-signature=" hex ] CRLF *( name ":" value CRLF ) CRLF
//! ```
//!
//! The decoder is pure and holds no data: it hands out slices of what it was given. It promises that the data of a
//! well-formed body come out whole and in order however the body was cut up, and that whatever is not well formed,
//! or goes on after its end, is [`Broken`].

use bytes::{Buf, Bytes};

/// The longest line that says how long a chunk is, or holds a trailer.
const LINE_BYTES_MAX: usize = 4 << 10;

/// The most trailers.
const TRAILERS_MAX: usize = 32;

/// The largest chunk. AWS names no limit; this one is the largest body.
const CHUNK_BYTES_MAX: u64 = 5 << 30;

/// The trailer that signs the others.
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// The body is not in the framing that it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not framed as aws-chunked")]
pub struct Broken;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More input is needed.
    More,
    /// Data of the present chunk.
    Data(Bytes),
    /// The present chunk is over; this is the signature that it claims, where it does.
    Chunk(Option<String>),
    /// The body is over.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Data {
        left: u64,
    },
    /// The line end behind the data.
    Behind,
    Trailers,
    Done,
}

/// Takes a body apart.
#[derive(Debug)]
pub struct Decoder {
    input: Bytes,
    /// The beginning of a line whose end is not there yet.
    line: Vec<u8>,
    state: State,
    signature: Option<String>,
    trailers: Vec<(String, String)>,
    trailer_signature: Option<String>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// At the beginning of a body.
    #[must_use]
    pub fn new() -> Self {
        Self {
            input: Bytes::new(),
            line: Vec::new(),
            state: State::Size,
            signature: None,
            trailers: Vec::new(),
            trailer_signature: None,
        }
    }

    /// Gives it more input, which it asked for by [`Step::More`].
    pub fn push(&mut self, input: Bytes) {
        debug_assert!(self.input.is_empty(), "the last input was not used up");
        self.input = input;
    }

    /// The trailers so far: names in lower case, values without spaces around. That of the signature is not among them.
    #[must_use]
    pub fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }

    /// The signature of the trailers, where there was one.
    #[must_use]
    pub fn trailer_signature(&self) -> Option<&str> {
        self.trailer_signature.as_deref()
    }

    /// Whether the body is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// What comes next.
    ///
    /// # Errors
    /// When the body is not well formed. There is no going on then.
    pub fn step(&mut self) -> Result<Step, Broken> {
        loop {
            match self.state {
                State::Data { left } => return self.data(left),
                State::Done if self.input.is_empty() => return Ok(Step::End),
                State::Done => return Err(Broken),
                State::Size => {
                    let Some(line) = self.line()? else { return Ok(Step::More) };
                    let size = self.size(&line)?;
                    if size == 0 {
                        self.state = State::Trailers;
                        return Ok(Step::Chunk(self.signature.take()));
                    }
                    self.state = State::Data { left: size };
                }
                State::Behind => {
                    let Some(line) = self.line()? else { return Ok(Step::More) };
                    if !line.is_empty() {
                        return Err(Broken);
                    }
                    self.state = State::Size;
                    return Ok(Step::Chunk(self.signature.take()));
                }
                State::Trailers => {
                    let Some(line) = self.line()? else { return Ok(Step::More) };
                    if line.is_empty() {
                        self.state = State::Done;
                    } else {
                        self.trailer(&line)?;
                    }
                }
            }
        }
    }

    fn data(&mut self, left: u64) -> Result<Step, Broken> {
        if self.input.is_empty() {
            return Ok(Step::More);
        }
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
        let data = self.input.split_to(here);
        let left = left - here as u64;
        self.state = if left == 0 { State::Behind } else { State::Data { left } };
        Ok(Step::Data(data))
    }

    /// A line without its end, once it is whole.
    fn line(&mut self) -> Result<Option<String>, Broken> {
        let end = memchr::memchr(b'\n', &self.input);
        let here = end.map_or(self.input.len(), |end| end + 1);
        if self.line.len() + here > LINE_BYTES_MAX {
            return Err(Broken);
        }
        self.line.extend_from_slice(&self.input[..here]);
        self.input.advance(here);
        if end.is_none() {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r\n").ok_or(Broken)?;
        std::str::from_utf8(line).map(|line| Some(line.to_owned())).map_err(|_| Broken)
    }

    /// The size in the line before a chunk; keeps the signature in it.
    fn size(&mut self, line: &str) -> Result<u64, Broken> {
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let size = size.trim();
        // No sign: `from_str_radix` would take one.
        if size.is_empty() || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Broken);
        }
        self.signature = extension.trim().strip_prefix("chunk-signature=").map(str::to_owned);
        u64::from_str_radix(size, 16).ok().filter(|size| *size <= CHUNK_BYTES_MAX).ok_or(Broken)
    }

    fn trailer(&mut self, line: &str) -> Result<(), Broken> {
        let (name, value) = line.split_once(':').ok_or(Broken)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if name.is_empty() || self.trailers.len() == TRAILERS_MAX {
            return Err(Broken);
        }
        if name == TRAILER_SIGNATURE {
            self.trailer_signature = Some(value);
        } else {
            self.trailers.push((name, value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
