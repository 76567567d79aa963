//! The XML of S3's requests and answers: a small tree for the one, text for the other.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use std::fmt::Write as _;

/// How deep elements may nest.
const DEPTH_MAX: usize = 16;

/// How many elements a document may have: a list of ten thousand parts, each with its tag and a checksum, has half of them. Small
/// ones take much more memory than their text.
const ELEMENTS_MAX: usize = 100_000;

/// The name space of S3's elements.
pub(super) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A document that is not well formed, or not of the kind that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the XML is not well formed")]
pub struct Malformed;

/// An element: what is in it, without attributes and name spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name, without a prefix.
    pub name: String,
    /// The text right in it.
    pub text: String,
    /// The elements right in it.
    pub children: Vec<Node>,
}

impl Node {
    /// The root of a document.
    ///
    /// # Errors
    /// When it is not well formed, nests too deep, has too many elements, has a character NUL, or declares a type of document.
    pub fn parse(document: &[u8]) -> Result<Self, Malformed> {
        let document =
            std::str::from_utf8(document).ok().filter(|text| !text.contains('\0')).ok_or(Malformed)?;
        let mut reader = Reader::from_str(document);
        // The element that everything is in, and those that are open.
        let (mut open, mut left) = (vec![Self::default()], ELEMENTS_MAX);
        loop {
            let event = reader.read_event().map_err(|_| Malformed)?;
            if matches!(event, Event::Start(_) | Event::Empty(_)) {
                left = left.checked_sub(1).filter(|_| open.len() <= DEPTH_MAX).ok_or(Malformed)?;
            }
            match event {
                Event::Start(start) => {
                    open.push(Self::named(start.local_name().into_inner()));
                }
                Event::Empty(start) => add(&mut open, Self::named(start.local_name().into_inner()))?,
                Event::End(_) => {
                    let node = open.pop().ok_or(Malformed)?;
                    add(&mut open, node)?;
                }
                Event::Text(text) => say(&mut open, &text.xml10_content())?,
                Event::CData(text) => say(&mut open, &text.xml10_content())?,
                Event::GeneralRef(reference) => say(&mut open, &referred(&reference)?)?,
                Event::Eof => break,
                Event::DocType(_) => return Err(Malformed),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        let [document]: [Self; 1] = open.try_into().map_err(|_| Malformed)?;
        if !document.text.trim().is_empty() {
            return Err(Malformed);
        }
        let [root]: [Self; 1] = document.children.try_into().map_err(|_| Malformed)?;
        Ok(root)
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The first element of this name right in it.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of this name right in it, without spaces around.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// The elements of this name right in it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

fn add(open: &mut [Node], node: Node) -> Result<(), Malformed> {
    open.last_mut().ok_or(Malformed)?.children.push(node);
    Ok(())
}

fn say(open: &mut [Node], text: &str) -> Result<(), Malformed> {
    open.last_mut().ok_or(Malformed)?.text.push_str(text);
    Ok(())
}

fn referred(reference: &BytesRef<'_>) -> Result<String, Malformed> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Malformed)? {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(reference).map(str::to_owned).ok_or(Malformed)
}

/// Writes a document.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// With this root, in S3's name space.
    pub(super) fn new(root: &'static str) -> Self {
        let mut writer = Self::bare(root);
        writer.text.pop();
        let _ = write!(writer.text, " xmlns=\"{NAMESPACE}\">");
        writer
    }

    /// With this root, in no name space.
    pub(super) fn bare(root: &'static str) -> Self {
        let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>");
        Self { text, open: vec![root] }
    }

    /// An element with text in it.
    pub(super) fn element(&mut self, name: &str, text: impl AsRef<str>) -> &mut Self {
        let _ = write!(self.text, "<{name}>");
        escape(text.as_ref(), &mut self.text);
        let _ = write!(self.text, "</{name}>");
        self
    }

    /// An element with text in it, where there is one.
    pub(super) fn optional(&mut self, name: &str, text: Option<impl AsRef<str>>) -> &mut Self {
        if let Some(text) = text {
            self.element(name, text);
        }
        self
    }

    /// Opens an element; its attributes are written with its name.
    pub(super) fn open(&mut self, name: &'static str) -> &mut Self {
        let _ = write!(self.text, "<{name}>");
        self.open.push(name.split(' ').next().unwrap_or(name));
        self
    }

    /// Closes the element that was opened last.
    pub(super) fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            let _ = write!(self.text, "</{name}>");
        }
        self
    }

    /// The document.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }
}

/// Text as it stands in a document. Control characters that XML does not have are written as references all the same,
/// as S3 does; `encoding-type=url` is the way out.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control < ' ' && control != '\n' && control != '\t' => {
                let _ = write!(out, "&#x{:x};", u32::from(control));
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_read() {
        let document = br#"<?xml version="1.0"?><!-- x --><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">
            <Object><Key>a&amp;b&#x20;<![CDATA[<c>]]></Key></Object><Object><Key>d</Key></Object><Quiet/></s3:Delete>"#;
        let root = Node::parse(document).unwrap();
        assert_eq!(root.name, "Delete");
        let keys: Vec<_> = root.all("Object").filter_map(|object| object.value("Key")).collect();
        assert_eq!(keys, ["a&b <c>", "d"]);
        assert_eq!(root.value("Quiet"), Some(""));
    }

    #[test]
    fn what_is_not_one_well_formed_element_is_malformed() {
        let deep = "<a>".repeat(17) + &"</a>".repeat(17);
        let deep_and_empty = "<a>".repeat(16) + "<a/>" + &"</a>".repeat(16);
        let just_not = "<a>".repeat(15) + "<a/>" + &"</a>".repeat(15);
        assert!(Node::parse(just_not.as_bytes()).is_ok());
        let of = |elements: usize| format!("<a>{}</a>", "<b/>".repeat(elements - 1));
        assert!(Node::parse(of(ELEMENTS_MAX).as_bytes()).is_ok());
        assert!(Node::parse(of(ELEMENTS_MAX + 1).as_bytes()).is_err());
        let cases = [
            "",
            "x",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a/>x",
            "<a>&x;</a>",
            "<a>&#xd800;</a>",
            &deep,
            &deep_and_empty,
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        ];
        for document in cases {
            assert_eq!(Node::parse(document.as_bytes()), Err(Malformed), "{document}");
        }
        assert_eq!(Node::parse(b"<a>\xff</a>"), Err(Malformed));
        assert_eq!(Node::parse(b"<a>\0</a>"), Err(Malformed), "a key that no answer can name");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "[^\\x00-\\x1f\\x7f-\\x9f\u{fffe}\u{ffff}]{0,40}") {
            let mut writer = Writer::new("Root");
            writer.open("Inner").element("Text", &text);
            let root = Node::parse(writer.finish().as_bytes()).unwrap();
            prop_assert_eq!(&root.child("Inner").unwrap().child("Text").unwrap().text, &text);
        }
    }
}
