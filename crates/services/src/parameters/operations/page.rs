//! Pages: each begins after the name that ended the one before.

use crate::parameters::failure::Failure;
use crate::parameters::parameter::Parameter;
use crate::request::Request;
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// A page that is asked for.
pub(super) struct Page {
    size: usize,
    after: Option<String>,
}

impl Page {
    /// Reads `MaxResults`, at most this many, and `NextToken`.
    pub(super) fn read(request: &mut Request, most: usize) -> Result<Self, Failure> {
        let bound = i64::try_from(most).unwrap_or(i64::MAX);
        let size = request.integer("MaxResults", (1, bound))?;
        let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(most);
        let after = request.text("NextToken")?.filter(|token| !token.is_empty());
        let after = after.map(|token| {
            let name = STANDARD.decode(token).ok().and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| Failure::new("InvalidNextToken", "The specified token isn't valid."))
        });
        Ok(Self { size, after: after.transpose()? })
    }

    /// The page of these parameters, which are in the order of their names.
    pub(super) fn answer<'a>(
        &self,
        parameters: impl Iterator<Item = &'a Arc<Parameter>>,
        shown: impl Fn(&Parameter) -> Value,
    ) -> Value {
        let after = self.after.as_deref();
        let mut rest =
            parameters.filter(|parameter| after.is_none_or(|after| parameter.name.as_str() > after));
        let page: Vec<&Arc<Parameter>> = rest.by_ref().take(self.size).collect();
        let last = page.last().map(|last| STANDARD.encode(last.name.as_bytes()));
        let mut members =
            vec![("Parameters", Value::List(page.into_iter().map(|parameter| shown(parameter)).collect()))];
        if let (Some(last), Some(_)) = (last, rest.next()) {
            members.push(("NextToken", Value::from(last)));
        }
        Value::structure(members)
    }
}
