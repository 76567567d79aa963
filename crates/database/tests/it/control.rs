//! Tables and streams: made, described, changed, deleted.

mod backfill;
mod backups;
mod contributor_insights;
mod create_texts;
mod destinations;
mod disk;
mod elsewhere;
mod lifecycle;
mod listing;
mod policies;
mod recovery;
mod settings;
mod shards;
mod streams;
mod time_to_live;
mod transfers;
mod update_texts;
