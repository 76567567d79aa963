//! UpdateFunctionConfiguration.

use crate::api::call::{Call, check_revision};
use crate::api::describe::{Phase, configuration};
use crate::api::settings::Settings;
use crate::api::{Answer, Failure};
use crate::functions::record::Version;
use std::sync::Arc;

impl Call {
    pub(super) async fn update_function_configuration(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let settings = Settings::read(&mut members)?;
        members.finish()?;
        let revision = members.text("RevisionId")?;
        let function = self.unqualified()?;
        let (functions, revision_id) = (self.functions.clone(), self.functions.uuid());
        let edit = self.functions.edit(&function, move |function, now_ms| {
            check_revision(revision.as_deref(), &function.latest.revision_id)?;
            let mut latest = Version { modified_ms: now_ms, revision_id, ..(*function.latest).clone() };
            settings.apply(&functions, &mut latest.configuration)?;
            function.latest = Arc::new(latest);
            Ok(())
        });
        let ((), function) = edit.await?;
        let mut answer = configuration(&function, &function.latest, None, Phase::Updating);
        answer["RevisionId"] = self.functions.uuid().into();
        Ok(Answer::json(200, &answer))
    }
}
