//! AssociateKmsKey and DisassociateKmsKey: the key is stored and shown; nothing is encrypted with it.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::resource::group_name;
use crate::logs::state::GroupKey;
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Logs {
    pub(super) fn associate_kms_key(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let kms_key = request.text_of("kmsKeyId", (0, 256))?;
        let kms_key = request.required("kmsKeyId", kms_key);
        let key = self.encrypted(caller, &mut request)?;
        self.change_group(&key, |record| record.kms_key = kms_key)
    }

    pub(super) fn disassociate_kms_key(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let key = self.encrypted(caller, &mut request)?;
        self.change_group(&key, |record| record.kms_key = None)
    }

    /// The group that a request about encryption names, one way or the other.
    fn encrypted(&self, caller: &Caller, request: &mut Request) -> Result<GroupKey, Failure> {
        let name = group_name(request, "logGroupName")?;
        let identifier = request.text_of("resourceIdentifier", (1, 2048))?;
        request.finish()?;
        match (name, identifier) {
            (Some(name), None) => Ok(self.group_key(caller, &name)),
            (None, Some(arn)) if arn.starts_with("arn:") => self.group_of(caller, &arn),
            _ => Err(Failure::parameter(
                "You must specify either the resourceIdentifier parameter or the logGroup parameter, but not both.",
            )),
        }
    }
}
