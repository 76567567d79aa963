//! ListTables.

use crate::layer::Layer;

/// Names tables, in order.
#[derive(Clone, Debug)]
pub struct ListTables {
    /// The last name of the page before.
    pub exclusive_start_table_name: Option<String>,
    /// The most names answered, 1 to 100.
    pub limit: Option<i32>,
    /// How errors of this request are worded.
    pub layer: Layer,
}
