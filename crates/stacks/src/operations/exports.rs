//! ListExports and ListImports.

use super::{PAGE, first, next_token};
use crate::Stacks;
use crate::failure::Failure;
use crate::request::{Request, result};
use wire::query::Answer;

impl Stacks {
    pub(super) fn list_exports(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let first = first(request)?;
        let exports = self.inner.exports(&request.caller.account, &request.caller.region)?;
        let mut answer = result("ListExports");
        answer.open("Exports");
        for (name, export) in exports.iter().skip(first).take(PAGE) {
            let stack = self.inner.ledger.known_stack(export.stack)?;
            answer.open("member").element("ExportingStackId", &stack.id);
            answer.element("Name", name).element("Value", &export.value).close();
        }
        answer.close();
        answer.optional("NextToken", next_token(first, exports.len()));
        Ok(answer)
    }

    pub(super) fn list_imports(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.required("ExportName")?;
        let first = first(request)?;
        let caller = request.caller;
        let users = self.inner.importers(&caller.account, &caller.region, name)?;
        if users.is_empty() {
            return Err(Failure::validation(format!("Export '{name}' is not imported by any stack.")));
        }
        let mut answer = result("ListImports");
        answer.texts("Imports", "member", users.iter().skip(first).take(PAGE));
        answer.optional("NextToken", next_token(first, users.len()));
        Ok(answer)
    }
}
