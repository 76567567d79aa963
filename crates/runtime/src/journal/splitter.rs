//! A function's output, cut into messages; pure.
//!
//! What is printed raw is a message a line. Clients of the Runtime API that can (AWS's own and ours) write *frames* between the
//! lines. A frame is one message, however many lines it has: a type of four bytes, whose first three are fixed, a length of
//! four bytes, a time of eight, all of them big-endian, and the text. Nothing is lost: what is longer than a message may be
//! is cut into several, and what only looks like a frame is text.

use std::mem;

/// Bytes of a message at most: what CloudWatch Logs takes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// The first bytes of a frame. In UTF-8 they only occur where a letter like `å`, which ends in the first, is followed by `Z` and
/// a zero byte.
const MAGIC: [u8; 3] = [0xa5, 0x5a, 0x00];

/// Type, length and time.
const HEAD_BYTES: usize = 16;

/// Cuts output into messages.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    /// A line that has not ended, or the head of a frame of which the rest has not come.
    pending: Vec<u8>,
    /// What is still to come of a frame that has begun; its text so far is `pending`.
    frame_left: Option<usize>,
}

impl Splitter {
    /// Takes output, and adds the messages that are complete.
    pub(crate) fn push(&mut self, mut bytes: &[u8], messages: &mut Vec<String>) {
        while !bytes.is_empty() {
            bytes = match self.frame_left {
                Some(left) => self.push_frame(bytes, left, messages),
                None => self.push_text(bytes, messages),
            };
        }
    }

    /// The output has ended, or a call has: what is pending is a message.
    pub(crate) fn finish(&mut self, messages: &mut Vec<String>) {
        self.frame_left = None;
        if !self.pending.is_empty() {
            messages.push(text(mem::take(&mut self.pending)));
        }
    }

    /// Whether a line or a frame has begun and not ended.
    #[cfg(test)]
    fn is_pending(&self) -> bool {
        !self.pending.is_empty() || self.frame_left.is_some()
    }

    fn push_frame<'a>(&mut self, bytes: &'a [u8], left: usize, messages: &mut Vec<String>) -> &'a [u8] {
        let room = MESSAGE_BYTES_MAX - self.pending.len();
        let (part, rest) = bytes.split_at(bytes.len().min(left).min(room));
        self.pending.extend_from_slice(part);
        let left = left - part.len();
        self.frame_left = (left > 0).then_some(left);
        if left == 0 {
            // Clients end the text with a line feed, or do not.
            let end = self.pending.strip_suffix(b"\n").map_or(self.pending.len(), <[u8]>::len);
            self.pending.truncate(end);
            messages.push(text(mem::take(&mut self.pending)));
        } else if self.pending.len() == MESSAGE_BYTES_MAX {
            self.cut(messages);
        }
        rest
    }

    /// Takes text up to the end of a line or the start of a frame, whichever is first.
    fn push_text<'a>(&mut self, bytes: &'a [u8], messages: &mut Vec<String>) -> &'a [u8] {
        // A head may have come in pieces: then it is at the end of what is pending.
        let begun = self.pending.len() - head_start(&self.pending);
        if begun > 0 {
            return self.push_head(bytes, begun, messages);
        }
        let end = memchr::memchr2(b'\n', MAGIC[0], bytes);
        let room = MESSAGE_BYTES_MAX.saturating_sub(self.pending.len());
        match end {
            Some(end) if end < room => {
                self.pending.extend_from_slice(&bytes[..=end]);
                if bytes[end] == b'\n' {
                    self.end_line(messages);
                }
                &bytes[end + 1..]
            }
            _ => {
                let (part, rest) = bytes.split_at(bytes.len().min(room));
                self.pending.extend_from_slice(part);
                if self.pending.len() >= MESSAGE_BYTES_MAX {
                    self.cut(messages);
                }
                rest
            }
        }
    }

    /// Takes the next byte of what may be the head of a frame, of which so many are pending.
    fn push_head<'a>(&mut self, bytes: &'a [u8], begun: usize, messages: &mut Vec<String>) -> &'a [u8] {
        let (next, rest) = (bytes[0], &bytes[1..]);
        if begun < MAGIC.len() && next != MAGIC[begun] {
            if next == b'\n' {
                self.pending.push(next);
                self.end_line(messages);
                return rest;
            }
            self.pending.push(next);
            return rest;
        }
        self.pending.push(next);
        if begun + 1 == HEAD_BYTES {
            let start = self.pending.len() - HEAD_BYTES;
            let head = self.pending.split_off(start);
            // A line that had begun ends where a frame begins.
            self.finish(messages);
            let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
            self.frame_left = Some(length).filter(|length| *length > 0);
            if length == 0 {
                messages.push(String::new());
            }
        }
        rest
    }

    fn end_line(&mut self, messages: &mut Vec<String>) {
        self.pending.pop();
        if self.pending.last() == Some(&b'\r') {
            self.pending.pop();
        }
        messages.push(text(mem::take(&mut self.pending)));
    }

    /// A message that is too long becomes several, between characters where it is text.
    fn cut(&mut self, messages: &mut Vec<String>) {
        let mut end = self.pending.len().min(MESSAGE_BYTES_MAX);
        while end > MESSAGE_BYTES_MAX - 4 && self.pending[end - 1] & 0xc0 == 0x80 {
            end -= 1;
        }
        // Before the first byte of a character of several, of which not all may be there.
        if end < self.pending.len() || self.pending[end - 1] >= 0xc0 {
            end -= 1;
        }
        let rest = self.pending.split_off(end);
        messages.push(text(mem::replace(&mut self.pending, rest)));
    }
}

/// Where, at the end of what is pending, the head of a frame may have begun; its length, where none has.
fn head_start(pending: &[u8]) -> usize {
    let from = pending.len().saturating_sub(HEAD_BYTES - 1);
    let is_head = |start: &usize| {
        let part = &pending[*start..];
        let fixed = part.len().min(MAGIC.len());
        part[..fixed] == MAGIC[..fixed]
    };
    (from..pending.len()).find(is_head).unwrap_or(pending.len())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
