//! GetAccountSettings.

use super::concurrency::ACCOUNT;
use crate::api::call::Call;
use crate::api::describe::code_of;
use crate::api::{Answer, Failure};
use serde_json::json;

impl Call {
    pub(super) fn get_account_settings(&self) -> Result<Answer, Failure> {
        let functions = self.functions.list(&self.request.caller);
        let reserved: u32 = functions.iter().filter_map(|function| function.reserved_concurrency).sum();
        let versions = functions.iter().flat_map(|function| function.versions());
        let bytes: u64 = versions.map(|version| code_of(&version.code).1).sum();
        let answer = json!({
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800_u64,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": ACCOUNT,
                "UnreservedConcurrentExecutions": ACCOUNT.saturating_sub(reserved),
            },
            "AccountUsage": { "TotalCodeSize": bytes, "FunctionCount": functions.len() },
        });
        Ok(Answer::json(200, &answer))
    }
}
