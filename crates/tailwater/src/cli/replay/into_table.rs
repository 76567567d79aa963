//! Records as puts and deletions of items, one after the other.

use super::{Replay, Summary};
use crate::cli::api::Tables;
use crate::cli::attribute::keys;
use crate::cli::output;
use crate::cli::place::Place;
use crate::cli::recording::{Header, Recorded};
use anyhow::{Context, bail};
use environment::Clock;
use serde_json::json;

/// A table that records are applied to.
pub(super) struct IntoTable<'a> {
    tables: Tables,
    table: &'a str,
    is_dry: bool,
    in_json: bool,
}

impl<'a> IntoTable<'a> {
    /// The table, if the recording has what it takes.
    pub(super) async fn open(
        replay: &Replay,
        place: &Place,
        (table, header): (&'a str, &Header),
    ) -> anyhow::Result<Self> {
        if !matches!(header.view_type.as_str(), "NEW_IMAGE" | "NEW_AND_OLD_IMAGES") {
            bail!(
                "the recording has records of {}, which do not tell what items became: a table needs those of a stream \
                 with NEW_IMAGE or NEW_AND_OLD_IMAGES",
                header.view_type
            );
        }
        let mut tables = Tables::new(place, &Clock::system());
        let names = tables.describe(table).await?.key_names();
        if names != header.key_names() {
            let recorded = header.key_names().join(", ");
            bail!("the key of {table} is {}; that of the recorded table is {recorded}", names.join(", "));
        }
        Ok(Self { tables, table, is_dry: replay.dry_run, in_json: replay.json })
    }

    /// Does to the table what the record tells of.
    pub(super) async fn apply(&mut self, recorded: &Recorded, summary: &mut Summary) -> anyhow::Result<()> {
        let body = &recorded.record["dynamodb"];
        let (operation, member, item) = match recorded.record["eventName"].as_str() {
            Some("REMOVE") => ("DeleteItem", "Key", &body["Keys"]),
            _ if body["NewImage"].is_object() => ("PutItem", "Item", &body["NewImage"]),
            _ => bail!("the record has no new image"),
        };
        if !self.is_dry {
            let request = json!({ "TableName": self.table, member: item });
            self.tables
                .call(operation, &request)
                .await
                .with_context(|| format!("{operation} {}", keys(&body["Keys"])))?;
        }
        summary.records += 1;
        match (self.in_json, self.is_dry) {
            (true, _) => {
                let done = json!({ "operation": operation, member: item, "record": body["SequenceNumber"] });
                output::write(&format!("{done}\n")).map(drop)
            }
            (false, true) => output::write(&format!("{operation} {}\n", keys(&body["Keys"]))).map(drop),
            (false, false) => Ok(()),
        }
    }
}
