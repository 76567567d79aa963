//! A way in for the fuzz targets: what functions print, and what their processes say. Only with the feature `fuzzing`.

pub use crate::api::fuzzing::{Api, Heard};
pub use crate::journal::fuzzing::messages;
