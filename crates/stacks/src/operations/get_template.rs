//! GetTemplate: the template of a stack or change set, as it was sent or with its transforms expanded.

use crate::Stacks;
use crate::engine::processed;
use crate::failure::Failure;
use crate::request::{Request, result};
use wire::query::Answer;

impl Stacks {
    pub(super) fn get_template(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stage = request.one_of("TemplateStage", &["Original", "Processed"])?;
        let (stack, revision) = match request.text("ChangeSetName") {
            Some(_) => {
                let found = self.change_set_of(request)?;
                (found.stack, Some(found.change_set.revision))
            }
            None => {
                let stack = self.stack_of(request)?;
                let revision = self.revision_of(&stack)?;
                (stack, revision)
            }
        };
        let body = match revision {
            None => String::new(),
            Some(revision) if stage.as_deref() == Some("Processed") => processed(&stack, &revision)?,
            Some(revision) => revision.body,
        };
        let mut answer = result("GetTemplate");
        answer.element("TemplateBody", body);
        answer.texts("StagesAvailable", "member", ["Original", "Processed"]);
        Ok(answer)
    }
}
