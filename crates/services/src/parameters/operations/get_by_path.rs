//! GetParametersByPath.

use super::filter;
use super::page::Page;
use crate::parameters::Parameters;
use crate::parameters::failure::Failure;
use crate::parameters::parameter::Owner;
use crate::request::Request;
use crate::value::Value;

/// How many parameters a page has at most.
const PAGE_MAX: usize = 10;

impl Parameters {
    pub(super) fn get_parameters_by_path(
        &self,
        owner: &Owner,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let path = request.text_of("Path", (1, 2_048))?;
        let path = request.required("Path", path);
        let recursive = request.boolean("Recursive")?.unwrap_or(false);
        let decrypted = request.boolean("WithDecryption")?.unwrap_or(false);
        let filters = filter::read(&mut request)?;
        let page = Page::read(&mut request, PAGE_MAX)?;
        request.finish()?;
        let path = path.unwrap_or_default();
        if !path.starts_with('/') {
            return Err(Failure::invalid(
                "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
            ));
        }
        let all = self.all(owner);
        let below = all.iter().filter(|parameter| {
            filter::is_below(&parameter.name, &path, recursive)
                && filters.iter().all(|filter| filter.holds(parameter))
        });
        Ok(page.answer(below, |parameter| parameter.shown(decrypted, None)))
    }
}
