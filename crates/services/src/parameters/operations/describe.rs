//! DescribeParameters.

use super::filter;
use super::page::Page;
use crate::parameters::Parameters;
use crate::parameters::failure::Failure;
use crate::parameters::parameter::Owner;
use crate::request::Request;
use crate::value::Value;

/// How many parameters a page has at most.
const PAGE_MAX: usize = 50;

impl Parameters {
    pub(super) fn describe_parameters(&self, owner: &Owner, mut request: Request) -> Result<Value, Failure> {
        request.unsupported(&["Filters", "Shared"])?;
        let filters = filter::read(&mut request)?;
        let page = Page::read(&mut request, PAGE_MAX)?;
        request.finish()?;
        let all = self.all(owner);
        let found = all.iter().filter(|parameter| filters.iter().all(|filter| filter.holds(parameter)));
        Ok(page.answer(found, |parameter| parameter.described()))
    }
}
