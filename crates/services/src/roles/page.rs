//! Pages: each begins after the name that ended the one before.

use crate::query::{Failure, integer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::query::{Answer, Members};

/// How many entries a page has where nobody says, and at most.
const USUAL: u64 = 100;
const MOST: u64 = 1_000;

/// A page that is asked for.
pub(super) struct Page {
    size: usize,
    after: Option<String>,
}

impl Page {
    /// Reads `MaxItems` and `Marker`.
    pub(super) fn read(members: &Members) -> Result<Self, Failure> {
        let size = integer(members, "MaxItems", (1, MOST))?.unwrap_or(USUAL);
        let after = members.text("Marker").map(|marker| {
            let name = STANDARD.decode(marker).ok().and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| Failure::new("ValidationError", "Invalid Marker."))
        });
        Ok(Self { size: usize::try_from(size).unwrap_or(usize::MAX), after: after.transpose()? })
    }

    /// Writes the page of these entries, which are in the order of their names, as a list of this name.
    pub(super) fn write<T>(
        &self,
        answer: &mut Answer,
        list: &str,
        entries: impl IntoIterator<Item = (String, T)>,
        mut write: impl FnMut(&mut Answer, &str, T),
    ) {
        let after = self.after.as_deref();
        let mut rest =
            entries.into_iter().filter(|(name, _)| after.is_none_or(|after| name.as_str() > after));
        let mut last = None;
        answer.open(list);
        for (name, entry) in rest.by_ref().take(self.size) {
            write(answer, &name, entry);
            last = Some(name);
        }
        answer.close();
        let marker = rest.next().and(last).map(|last| STANDARD.encode(last));
        answer.element("IsTruncated", marker.is_some().to_string()).optional("Marker", marker);
    }
}
