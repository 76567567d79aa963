//! DeleteFunction.

use crate::api::call::{Call, not_found};
use crate::api::{Answer, Failure};
use crate::functions::name::{LATEST, is_number};

impl Call {
    pub(super) async fn delete_function(self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.function()?;
        let Some(qualifier) = qualifier else {
            self.functions.delete(&function).await?;
            return Ok(Answer::empty(204));
        };
        if qualifier == LATEST {
            return Err(Failure::invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        if !is_number(&qualifier) {
            return Err(Failure::invalid("Deletion of aliases is not currently supported."));
        }
        let number: u64 = qualifier.parse().map_err(|_| not_found(&function, Some(&qualifier)))?;
        let edit = self.functions.edit(&function, move |function, _| {
            let pointing: Vec<&str> = function
                .aliases
                .iter()
                .filter(|(_, alias)| alias.version == qualifier || alias.weights.contains_key(&qualifier))
                .map(|(name, _)| name.as_str())
                .collect();
            if !pointing.is_empty() {
                return Err(Failure::conflict(format!(
                    "Version {number} is referenced by the alias(es): {}; delete or update them first.",
                    pointing.join(", ")
                )));
            }
            // A version that is not there is deleted as well.
            function.published.remove(&number);
            function.policies.remove(&qualifier);
            function.event_invoke.remove(&qualifier);
            function.provisioned.remove(&qualifier);
            Ok(())
        });
        edit.await?;
        Ok(Answer::empty(204))
    }
}
