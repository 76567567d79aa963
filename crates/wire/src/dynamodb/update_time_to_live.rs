//! UpdateTimeToLive.

use crate::layer::Layer;

/// Sets whether, and by which attribute, items expire.
#[derive(Clone, Debug)]
pub struct UpdateTimeToLive {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// On or off.
    pub enabled: bool,
    /// The attribute, 1 to 255 characters.
    pub attribute_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}
