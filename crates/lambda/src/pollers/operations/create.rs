//! Making a mapping.

use super::change::{commit, write};
use super::starting::starting;
use super::{OperationError, Scope, Shown};
use crate::configuration::{Configuration, Fault, Request, Source};
use crate::pollers::{Mappings, Shared, StoredMapping, Uuid};
use std::collections::BTreeMap;

/// A mapping that is asked for.
#[derive(Clone, Debug, Default)]
pub struct NewMapping {
    /// The members of the request.
    pub request: Request,
    /// The ARN of the function, with its qualifier where one was given.
    pub function_arn: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// `KMSKeyArn`
    pub kms_key_arn: Option<String>,
    /// `MetricsConfig`
    pub metrics: Option<Vec<String>>,
}

/// Refuses a queue that is not there, or in which messages would be visible again while the function has them.
pub(super) fn check_queue(shared: &Shared, arn: &str, function_arn: &str) -> Result<(), Fault> {
    let settings = shared.parts.queues.as_ref().and_then(|queues| queues.settings(arn));
    let settings = settings.ok_or_else(|| Fault::no_source(Source::Queue { fifo: false }, arn))?;
    let timeout_ms = shared.parts.invoke.timeout_ms(function_arn).unwrap_or_default();
    if settings.visibility_ms < timeout_ms {
        return Err(Fault::InvalidParameterValue(format!(
            "Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
            settings.visibility_ms / 1_000,
            timeout_ms / 1_000
        )));
    }
    Ok(())
}

impl Mappings {
    /// Makes a mapping. When this returns it is stored, and where it begins is fixed.
    ///
    /// # Errors
    /// When it is refused, or the store fails.
    pub async fn create(&self, scope: Scope<'_>, new: NewMapping) -> Result<Shown, OperationError> {
        let configuration = Configuration::create(&new.request)?;
        let source_arn = new.request.event_source_arn.unwrap_or_default();
        if !self.shared.parts.invoke.exists(&new.function_arn) {
            return Err(Fault::no_function().into());
        }
        let _control = self.registry.control.lock().await;
        if matches!(configuration.source, Source::Queue { .. }) {
            check_queue(&self.shared, &source_arn, &new.function_arn)?;
        }
        let starting = starting(&self.shared, &configuration, &source_arn)?;
        let mapping = StoredMapping {
            uuid: Uuid::random(&self.shared.parts.database.environment().random),
            account: scope.account.to_owned(),
            region: scope.region.to_owned(),
            function_arn: new.function_arn,
            source_arn,
            configuration,
            modified_ms: self.shared.now_ms(),
            tags: new.tags,
            kms_key_arn: new.kms_key_arn,
            metrics: new.metrics,
        };
        self.refuse_duplicate(&mapping)?;
        let mut writes = vec![write(&self.shared, &mapping)?];
        for (log, checkpoint) in starting {
            let key = self.shared.keys.checkpoint(&mapping.uuid, log);
            writes.push((key, Some(checkpoint.encode().into())));
        }
        commit(&self.shared, writes).await?;
        Ok(self.registry.insert(mapping, &self.shared).into())
    }

    /// A source may be mapped once to a function, and once to each of its versions and aliases.
    pub(super) fn refuse_duplicate(&self, mapping: &StoredMapping) -> Result<(), Fault> {
        let same = |other: &&super::Entry| {
            let other = &other.mapping;
            other.uuid != mapping.uuid
                && other.source_arn == mapping.source_arn
                && other.function_arn == mapping.function_arn
        };
        let (source, arn) = (mapping.configuration.source, &mapping.source_arn);
        match self.registry.all().iter().find(same) {
            None => Ok(()),
            Some(other) => {
                let uuid = other.mapping.uuid.as_str();
                Err(Fault::duplicate(source, arn, mapping.function_name(), uuid))
            }
        }
    }
}
