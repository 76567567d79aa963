//! Tables and streams: made, described, changed, deleted.

mod backfill;
mod create_texts;
mod disk;
mod lifecycle;
mod listing;
mod settings;
mod shards;
mod streams;
mod time_to_live;
mod update_texts;
