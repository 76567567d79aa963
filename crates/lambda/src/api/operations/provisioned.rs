//! Provisioned concurrency: answered as ready; a process is started beforehand in any case.

use super::list_functions::PAGE_MAX;
use crate::api::call::{Call, not_found};
use crate::api::describe::time;
use crate::api::{Answer, Failure};
use crate::functions::name::LATEST;
use crate::functions::record::{Function, Provisioned};
use serde_json::{Value, json};
use std::sync::Arc;

fn described(config: &Provisioned) -> Value {
    json!({
        "RequestedProvisionedConcurrentExecutions": config.requested,
        "AvailableProvisionedConcurrentExecutions": config.requested,
        "AllocatedProvisionedConcurrentExecutions": config.requested,
        "Status": "READY",
        "LastModified": time(config.modified_ms),
    })
}

fn missing() -> Failure {
    let text = "No Provisioned Concurrency Config found for this function";
    Failure::new(404, "ProvisionedConcurrencyConfigNotFoundException", text)
}

impl Call {
    /// The function, and the version or alias that must be named.
    fn provisioned_place(&self) -> Result<(Arc<Function>, String), Failure> {
        let (function, _, qualifier) = self.version()?;
        match qualifier {
            Some(qualifier) if qualifier != LATEST => Ok((function, qualifier)),
            _ => Err(Failure::invalid(
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            )),
        }
    }

    pub(super) async fn put_provisioned(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let member = "ProvisionedConcurrentExecutions";
        let requested = members.integer(member, (1, i64::from(u32::MAX)))?;
        let requested = members.required(member, requested).unwrap_or_default();
        members.finish()?;
        let (function, qualifier) = self.provisioned_place()?;
        let edit = self.functions.edit(&function, move |function, now_ms| {
            if function.qualified(Some(&qualifier)).is_none() {
                return Err(not_found(function, Some(&qualifier)));
            }
            let config = Provisioned { requested, modified_ms: now_ms };
            function.provisioned.insert(qualifier, config.clone());
            Ok(config)
        });
        let (config, _) = edit.await?;
        let mut answer = described(&config);
        // It is ready by the time that anybody looks.
        answer["Status"] = json!("IN_PROGRESS");
        answer["AvailableProvisionedConcurrentExecutions"] = json!(0);
        answer["AllocatedProvisionedConcurrentExecutions"] = json!(0);
        Ok(Answer::json(202, &answer))
    }

    pub(super) fn get_provisioned(&self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.provisioned_place()?;
        let config = function.provisioned.get(&qualifier).ok_or_else(missing)?;
        Ok(Answer::json(200, &described(config)))
    }

    pub(super) async fn delete_provisioned(self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.provisioned_place()?;
        let edit = self.functions.edit(&function, move |function, _| {
            function.provisioned.remove(&qualifier);
            Ok(())
        });
        edit.await?;
        Ok(Answer::empty(204))
    }

    pub(super) fn list_provisioned(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let all = function.provisioned.iter().collect();
        let key = |(qualifier, _): &(&String, &Provisioned)| (*qualifier).clone();
        let (page, next) = self.page(all, PAGE_MAX, key)?;
        let entry = |(qualifier, config): &(&String, &Provisioned)| {
            let mut entry = described(config);
            entry["FunctionArn"] = json!(function.arn(Some(qualifier)));
            entry
        };
        let entries: Vec<Value> = page.iter().map(entry).collect();
        let mut answer = json!({ "ProvisionedConcurrencyConfigs": entries });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }
}
