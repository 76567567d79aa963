//! What an export is made of: pages of items, which of them are chosen, and the lines that they become.

use super::changes::Changes;
use super::job::Failure;
use crate::backup::Source;
use crate::read::Span;
use bytes::Bytes;
use expression::{Condition, Projection};
use item::{CorruptItem, Stored};
use transfer::writer::Layout;
use transfer::{Change, Format};

/// Which items are exported, and what of them; all of all by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    /// The keys among which they lie.
    pub(crate) span: Option<Span>,
    /// What must hold of them.
    pub(crate) filter: Option<Condition>,
    /// Which parts of them.
    pub(crate) projection: Option<Projection>,
}

impl Chosen {
    /// What is exported of the item at a key.
    fn of(&self, key: &[u8], item: Stored) -> Option<Stored> {
        let is_meant = self.span.as_ref().is_none_or(|span| span.contains(key))
            && self.filter.as_ref().is_none_or(|filter| filter.matches(&item));
        is_meant.then(|| match &self.projection {
            None => item,
            Some(projection) => Stored::encode(&projection.apply_stored(&item)),
        })
    }
}

/// A page of what is exported.
pub(crate) enum Page {
    /// Items as they are stored, with their keys.
    Items(Vec<(Bytes, Bytes)>),
    /// Changes of items.
    Changes(Vec<Change>),
}

/// The pages of an export, one after the other.
pub(crate) enum Pages<'a> {
    /// All items of one moment.
    Items {
        /// Where they come from.
        source: Source<'a>,
        /// The key of the last one.
        after: Option<Bytes>,
    },
    /// What changed in a time.
    Changes(Changes),
}

impl<'a> Pages<'a> {
    /// All items of a source.
    pub(crate) fn all(source: Source<'a>) -> Self {
        Self::Items { source, after: None }
    }

    /// The next page; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Failure> {
        // Reading takes a while, and others want to read too.
        environment::yield_now().await;
        match self {
            Self::Items { source, after } => {
                let items = source.page(after.take())?;
                *after = items.last().map(|(key, _)| key.clone());
                Ok((!items.is_empty()).then_some(Page::Items(items)))
            }
            Self::Changes(changes) => Ok(changes.next().await?.map(Page::Changes)),
        }
    }
}

/// How pages become lines.
pub(crate) struct Lines {
    pub(crate) chosen: Chosen,
    pub(crate) is_ion: bool,
}

impl Lines {
    /// Writes what is chosen of a page; answers how many lines that makes.
    pub(super) fn write(&self, out: &mut Vec<u8>, page: Page) -> Result<u64, CorruptItem> {
        let layout = if self.is_ion { Layout::Ion } else { Layout::Json };
        let format = if self.is_ion { Format::Ion } else { Format::Json };
        let mut count = 0;
        match page {
            Page::Items(items) => {
                for (key, value) in items {
                    if let Some(item) = self.chosen.of(&key, Stored::from_bytes(value)) {
                        layout.write_item(out, &item)?;
                        count += 1;
                    }
                }
            }
            Page::Changes(changes) => {
                for change in changes {
                    change.write(out, format)?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}
