//! Answers of the query protocol: an element of the operation's name, in it the result and the id of the request.

use std::fmt::Write as _;

/// Writes the answer to an operation.
#[derive(Debug)]
pub struct Answer {
    text: String,
    open: Vec<String>,
    operation: String,
    has_result: bool,
}

impl Answer {
    /// With a result, which may stay empty.
    #[must_use]
    pub fn with_result(operation: &str, namespace: &str) -> Self {
        let mut answer = Self::without_result(operation, namespace);
        let _ = write!(answer.text, "<{operation}Result>");
        answer.has_result = true;
        answer
    }

    /// Of an operation that has no result.
    #[must_use]
    pub fn without_result(operation: &str, namespace: &str) -> Self {
        let text = format!("<?xml version=\"1.0\"?>\n<{operation}Response xmlns=\"{namespace}\">");
        Self { text, open: Vec::new(), operation: operation.to_owned(), has_result: false }
    }

    /// An element with text in it.
    pub fn element(&mut self, name: &str, text: impl AsRef<str>) -> &mut Self {
        let _ = write!(self.text, "<{name}>");
        escape(text.as_ref(), &mut self.text);
        let _ = write!(self.text, "</{name}>");
        self
    }

    /// An element with text in it, where there is one.
    pub fn optional(&mut self, name: &str, text: Option<impl AsRef<str>>) -> &mut Self {
        match text {
            Some(text) => self.element(name, text),
            None => self,
        }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &str) -> &mut Self {
        let _ = write!(self.text, "<{name}>");
        self.open.push(name.to_owned());
        self
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            let _ = write!(self.text, "</{name}>");
        }
        self
    }

    /// A list of texts, each an element of its own within the list's.
    pub fn texts<T: AsRef<str>>(
        &mut self,
        name: &str,
        element: &str,
        texts: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.open(name);
        for text in texts {
            self.element(element, text);
        }
        self.close()
    }

    /// The document.
    #[must_use]
    pub fn finish(mut self, request_id: &str) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        if self.has_result {
            let _ = write!(self.text, "</{}Result>", self.operation);
        }
        self.text.push_str("<ResponseMetadata><RequestId>");
        escape(request_id, &mut self.text);
        let _ = writeln!(self.text, "</RequestId></ResponseMetadata></{}Response>", self.operation);
        self.text.into_bytes()
    }
}

/// The answer to a request that is not done: whose fault it is (the sender's, or ours), the error's code and its message.
#[must_use]
pub fn failure(
    namespace: &str,
    is_senders: bool,
    (code, message): (&str, &str),
    request_id: &str,
) -> Vec<u8> {
    let fault = if is_senders { "Sender" } else { "Receiver" };
    let mut text = format!(
        "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>"
    );
    escape(code, &mut text);
    text.push_str("</Code><Message>");
    escape(message, &mut text);
    text.push_str("</Message><Detail/></Error><RequestId>");
    escape(request_id, &mut text);
    text.push_str("</RequestId></ErrorResponse>\n");
    text.into_bytes()
}

/// Text as it stands in a document. A carriage return is a reference, since readers take a bare one for a line feed;
/// characters that XML 1.0 does not have at all are replaced.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\n' | '\t' => out.push(character),
            control if control < ' ' => out.push(char::REPLACEMENT_CHARACTER),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            other => out.push(other),
        }
    }
}
