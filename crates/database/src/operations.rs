//! The operations, one a file: decode, check, do, answer.

mod create_table;
mod delete_table;
mod describe_continuous_backups;
mod describe_endpoints;
mod describe_limits;
mod describe_table;
mod describe_time_to_live;
mod list_tables;
mod list_tags_of_resource;
mod tag_resource;
mod untag_resource;
mod update_table;
mod update_time_to_live;
