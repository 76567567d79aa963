//! What infrastructure tools read of every function, and what of it can be set; it is stored, and changes nothing.

use crate::api::call::Call;
use crate::api::{Answer, Failure};
use crate::functions::name::LATEST;
use serde_json::json;

impl Call {
    pub(super) fn get_code_signing(&self) -> Result<Answer, Failure> {
        Ok(Answer::json(200, &json!({ "FunctionName": self.unqualified()?.name })))
    }

    pub(super) fn get_runtime_management(&self) -> Result<Answer, Failure> {
        let (function, _, qualifier) = self.version()?;
        let stored = function.runtime_management.get(qualifier.as_deref().unwrap_or(LATEST));
        let mut answer = stored.cloned().unwrap_or_else(|| json!({ "UpdateRuntimeOn": "Auto" }));
        answer["FunctionArn"] = json!(function.arn(qualifier.as_deref()));
        Ok(Answer::json(200, &answer))
    }

    pub(super) async fn put_runtime_management(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let ways: (&[&str], _) = (&["Auto", "FunctionUpdate", "Manual"], "[Auto, FunctionUpdate, Manual]");
        let way = members.one_of("UpdateRuntimeOn", ways)?;
        let way = members.required("UpdateRuntimeOn", way).unwrap_or_default();
        let arn = members.text("RuntimeVersionArn")?;
        members.finish()?;
        if (way == "Manual") != arn.is_some() {
            return Err(Failure::invalid(
                "RuntimeVersionArn must be given where UpdateRuntimeOn is Manual, and only there.",
            ));
        }
        let (function, _, qualifier) = self.version()?;
        let mut stored = json!({ "UpdateRuntimeOn": way });
        if let Some(arn) = arn {
            stored["RuntimeVersionArn"] = json!(arn);
        }
        let mut answer = stored.clone();
        let place = qualifier.clone().unwrap_or_else(|| LATEST.to_owned());
        let edit = self.functions.edit(&function, move |function, _| {
            function.runtime_management.insert(place, stored);
            Ok(())
        });
        edit.await?;
        answer["FunctionArn"] = json!(function.arn(qualifier.as_deref()));
        Ok(Answer::json(200, &answer))
    }

    pub(super) fn get_recursion(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let set = function.recursive_loop.as_deref().unwrap_or("Terminate");
        Ok(Answer::json(200, &json!({ "RecursiveLoop": set })))
    }

    pub(super) async fn put_recursion(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let set = members.one_of("RecursiveLoop", (&["Allow", "Terminate"], "[Allow, Terminate]"))?;
        let set = members.required("RecursiveLoop", set).unwrap_or_default();
        members.finish()?;
        let function = self.unqualified()?;
        let answer = json!({ "RecursiveLoop": set });
        let edit = self.functions.edit(&function, move |function, _| {
            function.recursive_loop = Some(set);
            Ok(())
        });
        edit.await?;
        Ok(Answer::json(200, &answer))
    }
}
