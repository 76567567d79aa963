//! Changing a mapping.

use super::change::{commit, write};
use super::{OperationError, Scope, Shown};
use crate::configuration::{Fault, Request};
use crate::pollers::{Mappings, StoredMapping};
use std::collections::BTreeMap;

/// What is to change; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The members of the request.
    pub request: Request,
    /// The ARN of another function.
    pub function_arn: Option<String>,
    /// `KMSKeyArn`; empty for none.
    pub kms_key_arn: Option<String>,
    /// `MetricsConfig`
    pub metrics: Option<Vec<String>>,
}

impl Mappings {
    /// Changes a mapping, and answers what it was and what it is. What is under way ends by the old settings; no record
    /// is lost.
    ///
    /// # Errors
    /// When it is not there, the change is refused, or the store fails.
    pub async fn update(
        &self,
        scope: Scope<'_>,
        uuid: &str,
        update: Update,
    ) -> Result<(Shown, Shown), OperationError> {
        let _control = self.registry.control.lock().await;
        let old = self.entry(scope, uuid)?;
        let mut mapping = StoredMapping::clone(&old.mapping);
        mapping.configuration = mapping.configuration.update(&update.request)?;
        if let Some(function_arn) = update.function_arn {
            if !self.shared.parts.invoke.exists(&function_arn) {
                return Err(Fault::no_function().into());
            }
            mapping.function_arn = function_arn;
            self.refuse_duplicate(&mapping)?;
        }
        if let Some(key) = update.kms_key_arn {
            mapping.kms_key_arn = Some(key).filter(|key| !key.is_empty());
        }
        mapping.metrics = update.metrics.or(mapping.metrics);
        mapping.modified_ms = self.shared.now_ms();
        Ok((old.into(), self.replace(mapping).await?))
    }

    /// Gives a mapping other tags.
    ///
    /// # Errors
    /// When it is not there, or the store fails.
    pub async fn set_tags(
        &self,
        scope: Scope<'_>,
        uuid: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), Fault>,
    ) -> Result<(), OperationError> {
        let _control = self.registry.control.lock().await;
        let mut mapping = StoredMapping::clone(&self.entry(scope, uuid)?.mapping);
        change(&mut mapping.tags)?;
        self.replace(mapping).await.map(drop)
    }

    async fn replace(&self, mapping: StoredMapping) -> Result<Shown, OperationError> {
        commit(&self.shared, vec![write(&self.shared, &mapping)?]).await?;
        self.registry.change(mapping).map(Shown::from).ok_or_else(|| Fault::NotFound.into())
    }
}
