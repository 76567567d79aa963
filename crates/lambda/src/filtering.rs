//! Records as filters see them: those of tables where they are stored ([`stored`]), those of data streams with their data
//! decoded ([`data`]).

pub(crate) mod data;
pub(crate) mod stored;
