//! Quoted texts of Ion: `"short"`, `'''long'''` and `'symbol'`, with their escapes.

use super::IonError;
use super::scan::Scan;

impl Scan<'_> {
    /// Reads what a quote of one of the three kinds, which was taken already, opens, to the one that closes it.
    pub(super) fn quoted(&mut self, quote: &'static str) -> Result<String, IonError> {
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|found: char| found == '\\' || found < ' ' || quote.starts_with(found));
            let plain = plain.ok_or_else(|| self.syntax("a text without an end"))?;
            out.push_str(&rest[..plain]);
            self.at += plain;
            if self.take(quote) {
                return Ok(out);
            }
            match self.peek() {
                Some(b'\\') => out.extend(self.escape()?),
                Some(byte @ (b'\t' | 0x0b | 0x0c | b'\'')) => {
                    out.push(byte.into());
                    self.at += 1;
                }
                _ => return Err(self.syntax("a control character in a text")),
            }
        }
    }

    /// Reads the pieces of a long text, of which the first quote was taken already.
    pub(super) fn long_text(&mut self) -> Result<String, IonError> {
        let mut out = self.quoted("'''")?;
        loop {
            let before = self.at;
            self.space()?;
            if !self.take("'''") {
                self.at = before;
                return Ok(out);
            }
            out.push_str(&self.quoted("'''")?);
        }
    }

    fn escape(&mut self) -> Result<Option<char>, IonError> {
        let wrong = self.syntax("an unknown escape");
        self.at += 1;
        let byte = self.peek().ok_or_else(|| wrong.clone())?;
        self.at += 1;
        Ok(Some(match byte {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\x0c',
            b'r' => '\r',
            b'v' => '\x0b',
            b'"' | b'\'' | b'?' | b'\\' | b'/' => byte.into(),
            b'x' => self.hex(2).and_then(char::from_u32).ok_or(wrong)?,
            b'u' => self.hex(4).and_then(|code| self.unicode(code)).ok_or(wrong)?,
            b'U' => self.hex(8).and_then(char::from_u32).ok_or(wrong)?,
            b'\n' => return Ok(None),
            _ => return Err(wrong),
        }))
    }

    /// The character of a code of 16 bits, with the other half of a pair where it is one of two.
    fn unicode(&mut self, code: u32) -> Option<char> {
        if !(0xd800..0xdc00).contains(&code) {
            return char::from_u32(code);
        }
        if !self.take("\\u") {
            return None;
        }
        let low = self.hex(4).filter(|low| (0xdc00..0xe000).contains(low))?;
        char::from_u32(0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00))
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.text.get(self.at..self.at + digits)?;
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits;
        u32::from_str_radix(text, 16).ok()
    }
}
