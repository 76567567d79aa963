//! The operations.

mod account;
mod aliases;
mod concurrency;
mod create_function;
mod delete_function;
mod event_invoke;
mod get_function;
mod invoke;
mod layers;
mod list_functions;
mod permissions;
mod provisioned;
mod stored;
mod tags;
mod update_function_code;
mod update_function_configuration;
mod urls;
mod versions;

use super::call::Call;
use super::{Answer, Failure};

impl Call {
    /// Does an operation.
    pub(super) async fn run(self, operation: &'static str) -> Result<Answer, Failure> {
        match operation {
            "CreateFunction" => self.create_function().await,
            "GetFunction" => self.get_function(),
            "GetFunctionConfiguration" => self.get_function_configuration(),
            "ListFunctions" => self.list_functions(),
            "UpdateFunctionCode" => self.update_function_code().await,
            "UpdateFunctionConfiguration" => self.update_function_configuration().await,
            "DeleteFunction" => self.delete_function().await,
            "Invoke" => self.invoke().await,
            "InvokeAsync" => self.invoke_async().await,
            "PublishVersion" => self.publish_version().await,
            "ListVersionsByFunction" => self.list_versions_by_function(),
            "CreateAlias" => self.create_alias().await,
            "GetAlias" => self.get_alias(),
            "UpdateAlias" => self.update_alias().await,
            "DeleteAlias" => self.delete_alias().await,
            "ListAliases" => self.list_aliases(),
            "ListTags" => self.list_tags(),
            "TagResource" => self.tag_resource().await,
            "UntagResource" => self.untag_resource().await,
            _ => self.run_more(operation).await,
        }
    }

    /// The operations on what belongs to a function.
    async fn run_more(self, operation: &'static str) -> Result<Answer, Failure> {
        match operation {
            "AddPermission" => self.add_permission().await,
            "RemovePermission" => self.remove_permission().await,
            "GetPolicy" => self.get_policy(),
            "PutFunctionConcurrency" => self.put_function_concurrency().await,
            "GetFunctionConcurrency" => self.get_function_concurrency(),
            "DeleteFunctionConcurrency" => self.delete_function_concurrency().await,
            "PutProvisionedConcurrencyConfig" => self.put_provisioned().await,
            "GetProvisionedConcurrencyConfig" => self.get_provisioned(),
            "DeleteProvisionedConcurrencyConfig" => self.delete_provisioned().await,
            "ListProvisionedConcurrencyConfigs" => self.list_provisioned(),
            "PutFunctionEventInvokeConfig" => self.put_event_invoke().await,
            "UpdateFunctionEventInvokeConfig" => self.update_event_invoke().await,
            "GetFunctionEventInvokeConfig" => self.get_event_invoke(),
            "DeleteFunctionEventInvokeConfig" => self.delete_event_invoke().await,
            "ListFunctionEventInvokeConfigs" => self.list_event_invoke(),
            "CreateFunctionUrlConfig" => self.create_url().await,
            "GetFunctionUrlConfig" => self.get_url(),
            "UpdateFunctionUrlConfig" => self.update_url().await,
            "DeleteFunctionUrlConfig" => self.delete_url().await,
            "ListFunctionUrlConfigs" => self.list_urls(),
            "GetFunctionCodeSigningConfig" => self.get_code_signing(),
            "GetRuntimeManagementConfig" => self.get_runtime_management(),
            "PutRuntimeManagementConfig" => self.put_runtime_management().await,
            "GetFunctionRecursionConfig" => self.get_recursion(),
            "PutFunctionRecursionConfig" => self.put_recursion().await,
            "GetAccountSettings" => self.get_account_settings(),
            _ => self.run_on_layers(operation).await,
        }
    }

    /// The operations on layers.
    async fn run_on_layers(self, operation: &'static str) -> Result<Answer, Failure> {
        match operation {
            "PublishLayerVersion" => self.publish_layer_version().await,
            "GetLayerVersion" => self.get_layer_version(),
            "GetLayerVersionByArn" => self.get_layer_version_by_arn(),
            "ListLayers" => self.list_layers(),
            "ListLayerVersions" => self.list_layer_versions(),
            "DeleteLayerVersion" => self.delete_layer_version().await,
            "AddLayerVersionPermission" => self.add_layer_permission().await,
            "GetLayerVersionPolicy" => self.get_layer_policy(),
            "RemoveLayerVersionPermission" => self.remove_layer_permission().await,
            _ => Err(Failure::unsupported(operation)),
        }
    }
}
