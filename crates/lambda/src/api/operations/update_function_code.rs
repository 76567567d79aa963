//! UpdateFunctionCode.

use super::versions;
use crate::api::call::{Call, check_revision};
use crate::api::describe::{Phase, configuration};
use crate::api::{Answer, Failure, settings, source};
use crate::functions::name::LATEST;
use crate::functions::record::Version;
use std::sync::Arc;

impl Call {
    pub(super) async fn update_function_code(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        members.unsupported(&["PublishTo"])?;
        let architecture = settings::architectures(&mut members)?.and_then(|all| all.into_iter().next());
        members.finish()?;
        let function = self.unqualified()?;
        let revision = members.text("RevisionId")?;
        let (publishes, is_trial) = (members.boolean("Publish")?, members.boolean("DryRun")?);
        let source = source::read(&self, &members, "")?;
        drop(members);
        check_revision(revision.as_deref(), &function.latest.revision_id)?;
        let missing = || Failure::invalid("Please provide a source for function code.");
        let received = self.functions.receive(source.ok_or_else(missing)?).await?;
        if is_trial.unwrap_or(false) {
            let mut version = (*function.latest).clone();
            version.code = received.code.clone();
            let answer = configuration(&function, &version, None, Phase::Settled);
            return Ok(Answer::json(200, &answer));
        }
        let (revision_id, published_id) = (self.functions.uuid(), self.functions.uuid());
        let edit = self.functions.edit(&function, move |function, now_ms| {
            check_revision(revision.as_deref(), &function.latest.revision_id)?;
            let mut latest = Version {
                code: received.code.clone(),
                modified_ms: now_ms,
                revision_id,
                ..(*function.latest).clone()
            };
            if let Some(architecture) = architecture {
                latest.configuration.architecture = architecture;
            }
            function.latest = Arc::new(latest);
            let published = publishes.unwrap_or(false);
            let version = published.then(|| versions::publish(function, published_id, None, now_ms));
            Ok((version, received))
        });
        let ((version, _received), function) = edit.await?;
        let version = version.unwrap_or_else(|| Arc::clone(&function.latest));
        let qualifier = Some(version.version.as_str()).filter(|name| *name != LATEST);
        let mut answer = configuration(&function, &version, qualifier, Phase::Updating);
        answer["RevisionId"] = self.functions.uuid().into();
        Ok(Answer::json(200, &answer))
    }
}
