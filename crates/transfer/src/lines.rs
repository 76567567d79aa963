//! Lines with their numbers, none longer than a bound.

use std::io::{self, BufRead};

/// The longest line, or record of CSV, in bytes. The longest item takes less than a fourth of it in any format.
pub(crate) const RECORD_BYTES_MAX: usize = 16 << 20;

/// What was found where a line is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line; its bytes are in the buffer, without what ends it.
    Whole,
    /// A line that is longer than the bound; it was passed over.
    TooLong,
    /// Nothing more.
    End,
}

/// The lines of a source.
pub(crate) struct Lines {
    source: Box<dyn BufRead + Send>,
    /// The number of the last line, from 1.
    pub(crate) number: u64,
    /// The bytes of all lines so far.
    pub(crate) bytes: u64,
}

impl Lines {
    pub(crate) fn new(source: Box<dyn BufRead + Send>) -> Self {
        Self { source, number: 0, bytes: 0 }
    }

    /// Reads the next line into the buffer, in the place of what is in it.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Line> {
        line.clear();
        self.append(line)
    }

    /// Reads the next line behind what is in the buffer.
    pub(crate) fn append(&mut self, line: &mut Vec<u8>) -> io::Result<Line> {
        let (mut seen, mut is_short) = (false, true);
        loop {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() && !seen {
                return Ok(Line::End);
            }
            if !seen {
                seen = true;
                self.number += 1;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(chunk.len(), |end| end + 1);
            is_short &= line.len() + taken <= RECORD_BYTES_MAX;
            if is_short {
                line.extend_from_slice(&chunk[..end.unwrap_or(taken)]);
            }
            self.source.consume(taken);
            self.bytes += taken as u64;
            if end.is_some() || taken == 0 {
                if self.number == 1 {
                    without_mark(line);
                }
                return Ok(if is_short { Line::Whole } else { Line::TooLong });
            }
        }
    }
}

/// Takes the byte order mark away that some programs put at the beginning of a file.
fn without_mark(line: &mut Vec<u8>) {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if line.starts_with(MARK) {
        line.drain(..MARK.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Cursor};

    fn lines(bytes: &[u8]) -> Vec<(Line, u64, Vec<u8>)> {
        let source = BufReader::with_capacity(3, Cursor::new(bytes.to_vec()));
        let (mut lines, mut line, mut all) = (Lines::new(Box::new(source)), Vec::new(), Vec::new());
        loop {
            match lines.next(&mut line).unwrap() {
                Line::End => {
                    assert_eq!(lines.bytes, bytes.len() as u64);
                    return all;
                }
                found => all.push((found, lines.number, line.clone())),
            }
        }
    }

    #[test]
    fn lines_are_numbered_whether_the_last_one_ends_or_not() {
        assert_eq!(lines(b""), []);
        let expected = [
            (Line::Whole, 1, b"abcdef".to_vec()),
            (Line::Whole, 2, Vec::new()),
            (Line::Whole, 3, b"g".to_vec()),
        ];
        assert_eq!(lines(b"abcdef\n\ng"), expected);
        assert_eq!(lines("\u{feff}abcdef\n\ng\n".as_bytes()), expected);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let mut bytes = vec![b'x'; RECORD_BYTES_MAX + 1];
        bytes.extend_from_slice(b"\nshort");
        let found: Vec<_> = lines(&bytes).into_iter().map(|(line, number, _)| (line, number)).collect();
        assert_eq!(found, [(Line::TooLong, 1), (Line::Whole, 2)]);
    }
}
