//! What is stored of a mapping.

use super::MappingsError;
use super::keys::{Keys, checkpoint_log};
use crate::configuration::Configuration;
use crate::mapping::Checkpoint;
use environment::Random;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use store::{LogId, Snapshot};

/// The UUID of a mapping, as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uuid(String);

impl Uuid {
    /// A new one.
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(random.uuid())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A mapping, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMapping {
    /// Its UUID.
    pub uuid: Uuid,
    /// Whose it is, 12 digits.
    pub account: String,
    /// Where.
    pub region: String,
    /// The ARN of its function, with the qualifier that was given.
    pub function_arn: String,
    /// The ARN of its source.
    pub source_arn: String,
    /// Its settings.
    pub configuration: Configuration,
    /// When it was changed last.
    pub modified_ms: u64,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// `KMSKeyArn`. It is stored and shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
    /// `MetricsConfig`, where it was given. It is stored and shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<String>>,
}

impl StoredMapping {
    /// Its own ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { uuid, account, region, .. } = self;
        format!("arn:aws:lambda:{region}:{account}:event-source-mapping:{uuid}")
    }

    /// The name of its function.
    #[must_use]
    pub fn function_name(&self) -> &str {
        self.function_arn.split(':').nth(6).unwrap_or(&self.function_arn)
    }
}

/// What is stored of a mapping, and what came of its last invocation.
pub(super) type Loaded = (StoredMapping, Option<String>);

/// Reads all mappings.
pub(super) fn load(snapshot: &impl Snapshot, keys: Keys) -> Result<Vec<Loaded>, MappingsError> {
    let mut found = Vec::new();
    snapshot.range(&keys.mappings(), &mut |_, stored| {
        found.push(serde_json::from_slice::<StoredMapping>(&stored.value));
        true
    })?;
    let mut all = Vec::new();
    for mapping in found {
        let mapping = mapping.map_err(|error| MappingsError::Damaged(error.to_string()))?;
        let result = snapshot.get(&keys.result(&mapping.uuid))?;
        let result = result.map(|stored| String::from_utf8_lossy(&stored.value).into_owned());
        all.push((mapping, result));
    }
    Ok(all)
}

/// Reads the checkpoints of a mapping.
pub(super) fn checkpoints(
    snapshot: &impl Snapshot,
    keys: Keys,
    uuid: &Uuid,
) -> Result<Vec<(LogId, Checkpoint)>, MappingsError> {
    let mut found = Vec::new();
    snapshot.range(&keys.checkpoints(uuid), &mut |key, stored| {
        found.push((checkpoint_log(key), Checkpoint::decode(&stored.value)));
        true
    })?;
    let whole = |(log, checkpoint): (Option<LogId>, Result<Checkpoint, _>)| Some((log?, checkpoint.ok()?));
    let whole: Option<Vec<_>> = found.into_iter().map(whole).collect();
    whole.ok_or_else(|| MappingsError::Damaged(format!("a checkpoint of {uuid}")))
}
