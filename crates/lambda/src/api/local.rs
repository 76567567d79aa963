//! Functions whose code is run in a directory of this machine: asked for on this machine, not by clients of the service.

use super::members::Members;
use super::settings::Settings;
use super::{Api, Caller, Failure, call};
use crate::api::describe::{Phase, configuration};
use crate::functions::name::LATEST;
use crate::functions::record::{Function, Version};
use crate::functions::source::Source;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

impl Api {
    /// Makes a function that runs in place, or makes the one of its name so. `question` has members of CreateFunction, and
    /// `Directory`; the role may be missing.
    ///
    /// # Errors
    /// When something of it is not as it must be.
    pub async fn add_directory(&self, caller: &Caller, question: &[u8]) -> Result<Value, Failure> {
        let mut members = Members::read(question)?;
        let name = members.text("FunctionName")?;
        let name = members.required("FunctionName", name).unwrap_or_default();
        let directory = members.text("Directory")?;
        let directory = members.required("Directory", directory).unwrap_or_default();
        let settings = Settings::read(&mut members)?;
        members.finish()?;
        let name = call::parse(&name)?.name;
        let functions = &self.functions;
        let mut configured = settings.create(functions, &name)?;
        if configured.role.is_empty() {
            configured.role = format!("arn:aws:iam::{}:role/local", caller.account);
        }
        let received = functions.receive(Source::Directory(PathBuf::from(directory))).await?;
        let version = Version {
            version: LATEST.to_owned(),
            configuration: configured,
            code: received.code.clone(),
            modified_ms: functions.now_ms(),
            revision_id: functions.uuid(),
        };
        let function = match functions.get(&functions.key(caller, &name)) {
            Some(present) => {
                let edit = functions.edit(&present, move |function, _| {
                    function.latest = Arc::new(version);
                    Ok(())
                });
                edit.await?.1
            }
            None => {
                let function = Function::new(caller, name, functions.new_id(), version);
                functions.create(function, received).await?
            }
        };
        Ok(configuration(&function, &function.latest, None, Phase::Settled))
    }
}
