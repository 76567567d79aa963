//! GetFunction and GetFunctionConfiguration.

use crate::api::call::Call;
use crate::api::describe::{Phase, configuration};
use crate::api::{Answer, Failure};
use crate::functions::record::Code;
use serde_json::json;

impl Call {
    pub(super) fn get_function(&self) -> Result<Answer, Failure> {
        let (function, version, qualifier) = self.version()?;
        let code = match &version.code {
            Code::Archive { sha256, .. } => {
                let host = &self.request.host;
                json!({
                    "RepositoryType": "S3",
                    "Location": format!("http://{host}/_tailwater/code/{sha256}.zip"),
                })
            }
            Code::Directory(path) => {
                json!({ "RepositoryType": "Directory", "Location": format!("file://{}", path.display()) })
            }
        };
        let mut answer = json!({
            "Configuration": configuration(&function, &version, qualifier.as_deref(), Phase::Settled),
            "Code": code,
        });
        if !function.tags.is_empty() {
            answer["Tags"] = json!(function.tags);
        }
        if let Some(reserved) = function.reserved_concurrency {
            answer["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
        }
        Ok(Answer::json(200, &answer))
    }

    pub(super) fn get_function_configuration(&self) -> Result<Answer, Failure> {
        let (function, version, qualifier) = self.version()?;
        let answer = configuration(&function, &version, qualifier.as_deref(), Phase::Settled);
        Ok(Answer::json(200, &answer))
    }
}
