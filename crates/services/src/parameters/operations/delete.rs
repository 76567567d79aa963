//! DeleteParameter and DeleteParameters.

use super::{list, nothing, texts};
use crate::parameters::Parameters;
use crate::parameters::failure::Failure;
use crate::parameters::parameter::Owner;
use crate::request::Request;
use crate::value::Value;

/// How many parameters can be deleted at once.
const NAMES_MAX: usize = 10;

impl Parameters {
    pub(super) async fn delete_parameter(
        &self,
        owner: &Owner,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let name = request.text_of("Name", (1, 1_011))?;
        let name = request.required("Name", name);
        request.finish()?;
        let name = name.unwrap_or_default();
        let (deleted, _) = self.delete(owner, vec![name.clone()]).await?;
        if deleted.is_empty() { Err(Failure::not_found(&name)) } else { Ok(nothing()) }
    }

    pub(super) async fn delete_parameters(
        &self,
        owner: &Owner,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let names = request.list("Names", (1, NAMES_MAX))?;
        let names = request.required("Names", names);
        request.finish()?;
        let names = texts("Names", names.unwrap_or_default())?;
        let (deleted, invalid) = self.delete(owner, names).await?;
        Ok(Value::structure([("DeletedParameters", list(deleted)), ("InvalidParameters", list(invalid))]))
    }

    /// Deletes what is there of these, in one commit; which were, and which were not.
    async fn delete(
        &self,
        owner: &Owner,
        mut names: Vec<String>,
    ) -> Result<(Vec<String>, Vec<String>), Failure> {
        names.sort();
        names.dedup();
        let _lock = self.inner.control.lock().await;
        let (there, missing): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| self.stored(owner, name).is_some());
        if !there.is_empty() {
            let keys: Vec<_> = there.iter().map(|name| owner.key(name)).collect();
            let keys: Vec<&[&str]> = keys.iter().map(<[&str; 3]>::as_slice).collect();
            self.inner.parameters.delete(&keys).await.map_err(Failure::internal)?;
        }
        Ok((there, missing))
    }
}
