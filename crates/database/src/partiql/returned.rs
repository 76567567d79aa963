//! What a write by a statement answers: the item, or why it did not happen.

use crate::read::write_item;
use crate::write::{Change, Done, Failure};
use expression::partiql::{Returning, Version};
use item::Stored;
use wire::ApiError;
use wire::json::write_string;

/// The text for an INSERT of an item that is there.
const DUPLICATE: &str = "Duplicate primary key exists in table";

/// The item that RETURNING asks for; none where there is nothing of it.
pub(crate) fn returned(change: &Change, done: &Done, returning: Returning) -> Option<Stored> {
    let update = match change {
        Change::Update { update, .. } if returning.modified => update.as_ref(),
        _ => None,
    };
    let modified = match (returning.version, update) {
        (Version::Old, None) => return done.old.clone(),
        (Version::New, None) => return done.new.clone(),
        (Version::Old, Some(update)) => update.touched(&done.old),
        (Version::New, Some(update)) => update.updated_new(done.old.as_ref(), done.new.as_ref()?),
    };
    (!modified.is_empty()).then(|| Stored::encode(&modified))
}

/// Why a statement's write did not happen.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    /// The error, without the item.
    pub(crate) error: ApiError,
    /// The item, as JSON, if that was asked for.
    pub(crate) item: Option<Vec<u8>>,
}

impl Refused {
    /// The error of a request that has no other statement. With an item, AWS capitalises the member of the text.
    pub(crate) fn into_error(self) -> ApiError {
        let Some(item) = self.item else { return self.error };
        let mut text = Vec::new();
        write_string(&mut text, self.error.message().unwrap_or_default());
        ApiError::bare(self.error.code()).with_member("Message", &text).with_member("Item", &item)
    }
}

/// Why a statement's write did not happen; with the item, if that was asked for.
pub(crate) fn failed(failure: &Failure, is_insert: bool, item: bool) -> Refused {
    let plain = |error| Refused { error, item: None };
    match failure {
        Failure::Condition(_) if is_insert => plain(ApiError::duplicate_item(DUPLICATE)),
        Failure::Condition(Some(old)) if item => {
            let mut rendered = Vec::with_capacity(2 * old.bytes().len());
            match write_item(&mut rendered, old) {
                Ok(()) => Refused { error: ApiError::conditional_check_failed(), item: Some(rendered) },
                Err(error) => plain(error),
            }
        }
        failure => plain(failure.clone().into_error(false)),
    }
}
