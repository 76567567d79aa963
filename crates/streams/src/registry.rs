//! The streams there are, by ARN and in the order of ListStreams.

use crate::{StreamDescriptor, StreamStatus};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

/// The place of a stream in lists: its scope, then (table name, label), then its ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    account: String,
    region: String,
    table: String,
    label: String,
    arn: String,
}

/// The account and region whose streams are listed together. With shared tables all have one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

impl Scope<'_> {
    pub(crate) const SHARED: Scope<'static> = Scope { account: "", region: "" };

    fn place(self, table: &str, label: &str, arn: &str) -> Place {
        Place {
            account: self.account.into(),
            region: self.region.into(),
            table: table.into(),
            label: label.into(),
            arn: arn.into(),
        }
    }
}

/// All streams, enabled and disabled.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    by_arn: HashMap<String, Arc<StreamDescriptor>>,
    in_order: BTreeMap<Place, Arc<StreamDescriptor>>,
}

impl Registry {
    pub(crate) fn get(&self, arn: &str) -> Option<&Arc<StreamDescriptor>> {
        self.by_arn.get(arn)
    }

    /// Puts a stream in place of the one of its ARN, and answers that one.
    pub(crate) fn put(
        &mut self,
        scope: Scope<'_>,
        stream: &Arc<StreamDescriptor>,
    ) -> Option<Arc<StreamDescriptor>> {
        self.in_order.insert(scope.place(&stream.table_name, &stream.label, &stream.arn), Arc::clone(stream));
        self.by_arn.insert(stream.arn.clone(), Arc::clone(stream))
    }

    pub(crate) fn remove(&mut self, scope: Scope<'_>, arn: &str) -> Option<Arc<StreamDescriptor>> {
        let stream = self.by_arn.remove(arn)?;
        self.in_order.remove(&scope.place(&stream.table_name, &stream.label, arn));
        Some(stream)
    }

    /// All of them, in the order of their places: what is done to each is done in the same order every time.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<StreamDescriptor>> {
        self.in_order.values()
    }

    /// The streams of a scope whose (table name, label) is above the cursor's, in that order; of one table
    /// alone where it is named.
    pub(crate) fn after<'a>(
        &'a self,
        scope: Scope<'a>,
        table: Option<&'a str>,
        cursor: Option<(&'a str, &'a str)>,
    ) -> impl Iterator<Item = &'a Arc<StreamDescriptor>> {
        let first = scope.place(table.unwrap_or(""), "", "");
        let from = match cursor {
            // No ARN is above the highest character, so this is above every stream of the cursor's label.
            Some((table, label)) => first.max(scope.place(table, label, "\u{10ffff}")),
            None => first,
        };
        self.in_order
            .range((Bound::Included(from), Bound::Unbounded))
            .take_while(move |(place, _)| {
                place.account == scope.account
                    && place.region == scope.region
                    && table.is_none_or(|table| place.table == table)
            })
            .map(|(_, stream)| stream)
    }

    /// The newest label of a table name, as a time; none where no stream of that name is left.
    pub(crate) fn newest_label_ms(&self, scope: Scope<'_>, table: &str) -> Option<u64> {
        self.after(scope, Some(table), None).map(|stream| stream.created_ms).max()
    }

    /// The enabled stream of a table name.
    pub(crate) fn enabled(&self, scope: Scope<'_>, table: &str) -> Option<Arc<StreamDescriptor>> {
        self.after(scope, Some(table), None).find(|stream| stream.status == StreamStatus::Enabled).cloned()
    }
}
