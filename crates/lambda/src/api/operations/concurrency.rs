//! Reserved concurrency, which is enforced.

use crate::api::call::Call;
use crate::api::{Answer, Failure};
use serde_json::json;

/// How much concurrency an account has.
pub(super) const ACCOUNT: u32 = 1_000;

/// How much of it cannot be reserved.
const UNRESERVED_MIN: u32 = 100;

impl Call {
    pub(super) async fn put_function_concurrency(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let reserved = members.integer("ReservedConcurrentExecutions", (0, i64::from(u32::MAX)))?;
        let reserved = members.required("ReservedConcurrentExecutions", reserved).unwrap_or_default();
        members.finish()?;
        let function = self.unqualified()?;
        let others = self.functions.list(&self.request.caller);
        let others = others.iter().filter(|other| other.id != function.id);
        let taken: u32 = others.filter_map(|other| other.reserved_concurrency).sum();
        if reserved.saturating_add(taken) > ACCOUNT - UNRESERVED_MIN {
            return Err(Failure::invalid(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution \
                 below its minimum value of [{UNRESERVED_MIN}]."
            )));
        }
        let edit = self.functions.edit(&function, move |function, _| {
            function.reserved_concurrency = Some(reserved);
            Ok(())
        });
        edit.await?;
        Ok(Answer::json(200, &json!({ "ReservedConcurrentExecutions": reserved })))
    }

    pub(super) fn get_function_concurrency(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let reserved = function.reserved_concurrency;
        let answer = reserved.map(|reserved| json!({ "ReservedConcurrentExecutions": reserved }));
        Ok(Answer::json(200, &answer.unwrap_or_else(|| json!({}))))
    }

    pub(super) async fn delete_function_concurrency(self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let edit = self.functions.edit(&function, |function, _| {
            function.reserved_concurrency = None;
            Ok(())
        });
        edit.await?;
        Ok(Answer::empty(204))
    }
}
