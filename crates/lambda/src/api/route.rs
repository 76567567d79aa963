//! Which operation a request asks for: by its method and its path. Every operation of AWS's model is known, also those
//! that are refused.

/// An operation, and the parts of the path that the model names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// AWS's name of the operation.
    pub operation: &'static str,
    /// The named parts of the path, in order.
    pub parameters: Vec<String>,
}

/// What begins the paths of the service, and of no other.
#[must_use]
pub fn is_path(path: &str) -> bool {
    let first = path.strip_prefix('/').and_then(|rest| rest.split('/').next()).unwrap_or_default();
    DATES.contains(&first)
}

/// Every operation, by method and path; `{}` stands for a named part.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|(method, path, _, _)| (*method, *path))
}

impl Route {
    /// The route of a request; `None` where the model has none.
    #[must_use]
    pub fn find(method: &str, path: &[String], query: &[(String, String)]) -> Option<Self> {
        let mut found = None;
        for (verb, pattern, marker, operation) in ROUTES {
            if *verb != method {
                continue;
            }
            let Some(parameters) = matched(pattern, path) else { continue };
            let marked = query.iter().any(|(name, value)| format!("{name}={value}") == *marker);
            // An operation that is told from another by its query goes before it.
            if marked {
                return Some(Self { operation, parameters });
            }
            if marker.is_empty() {
                found = Some(Self { operation, parameters });
            }
        }
        found
    }
}

/// The parts of a path that stand where a pattern has `{}`.
fn matched(pattern: &str, path: &[String]) -> Option<Vec<String>> {
    let mut parts = pattern.split('/').skip(1);
    let mut parameters = Vec::new();
    for segment in path {
        match parts.next()? {
            "{}" => parameters.push(segment.clone()),
            fixed if fixed == segment => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(parameters)
}

/// The first parts of the paths: the days on which their operations were made.
const DATES: [&str; 17] = [
    "2014-11-13",
    "2015-03-31",
    "2016-08-19",
    "2017-03-31",
    "2017-10-31",
    "2018-10-31",
    "2019-09-25",
    "2019-09-30",
    "2020-04-22",
    "2020-06-30",
    "2021-07-20",
    "2021-10-31",
    "2021-11-15",
    "2024-08-31",
    "2025-11-30",
    "2025-12-01",
    "2026-07-09",
];

/// Method, path, what the query must have, operation.
const ROUTES: &[(&str, &str, &str, &str)] = &[
    ("POST", "/2014-11-13/functions/{}/invoke-async", "", "InvokeAsync"),
    ("GET", "/2015-03-31/event-source-mappings", "", "ListEventSourceMappings"),
    ("POST", "/2015-03-31/event-source-mappings", "", "CreateEventSourceMapping"),
    ("DELETE", "/2015-03-31/event-source-mappings/{}", "", "DeleteEventSourceMapping"),
    ("GET", "/2015-03-31/event-source-mappings/{}", "", "GetEventSourceMapping"),
    ("PUT", "/2015-03-31/event-source-mappings/{}", "", "UpdateEventSourceMapping"),
    ("GET", "/2015-03-31/functions", "", "ListFunctions"),
    ("POST", "/2015-03-31/functions", "", "CreateFunction"),
    ("DELETE", "/2015-03-31/functions/{}", "", "DeleteFunction"),
    ("GET", "/2015-03-31/functions/{}", "", "GetFunction"),
    ("GET", "/2015-03-31/functions/{}/aliases", "", "ListAliases"),
    ("POST", "/2015-03-31/functions/{}/aliases", "", "CreateAlias"),
    ("DELETE", "/2015-03-31/functions/{}/aliases/{}", "", "DeleteAlias"),
    ("GET", "/2015-03-31/functions/{}/aliases/{}", "", "GetAlias"),
    ("PUT", "/2015-03-31/functions/{}/aliases/{}", "", "UpdateAlias"),
    ("PUT", "/2015-03-31/functions/{}/code", "", "UpdateFunctionCode"),
    ("GET", "/2015-03-31/functions/{}/configuration", "", "GetFunctionConfiguration"),
    ("PUT", "/2015-03-31/functions/{}/configuration", "", "UpdateFunctionConfiguration"),
    ("POST", "/2015-03-31/functions/{}/invocations", "", "Invoke"),
    ("GET", "/2015-03-31/functions/{}/policy", "", "GetPolicy"),
    ("POST", "/2015-03-31/functions/{}/policy", "", "AddPermission"),
    ("DELETE", "/2015-03-31/functions/{}/policy/{}", "", "RemovePermission"),
    ("GET", "/2015-03-31/functions/{}/versions", "", "ListVersionsByFunction"),
    ("POST", "/2015-03-31/functions/{}/versions", "", "PublishVersion"),
    ("GET", "/2016-08-19/account-settings", "", "GetAccountSettings"),
    ("DELETE", "/2017-03-31/tags/{}", "", "UntagResource"),
    ("GET", "/2017-03-31/tags/{}", "", "ListTags"),
    ("POST", "/2017-03-31/tags/{}", "", "TagResource"),
    ("DELETE", "/2017-10-31/functions/{}/concurrency", "", "DeleteFunctionConcurrency"),
    ("PUT", "/2017-10-31/functions/{}/concurrency", "", "PutFunctionConcurrency"),
    ("GET", "/2018-10-31/layers", "", "ListLayers"),
    ("GET", "/2018-10-31/layers/{}/versions", "", "ListLayerVersions"),
    ("POST", "/2018-10-31/layers/{}/versions", "", "PublishLayerVersion"),
    ("DELETE", "/2018-10-31/layers/{}/versions/{}", "", "DeleteLayerVersion"),
    ("GET", "/2018-10-31/layers/{}/versions/{}", "", "GetLayerVersion"),
    ("GET", "/2018-10-31/layers/{}/versions/{}/policy", "", "GetLayerVersionPolicy"),
    ("POST", "/2018-10-31/layers/{}/versions/{}/policy", "", "AddLayerVersionPermission"),
    ("DELETE", "/2018-10-31/layers/{}/versions/{}/policy/{}", "", "RemoveLayerVersionPermission"),
    ("GET", "/2018-10-31/layers", "find=LayerVersion", "GetLayerVersionByArn"),
    ("DELETE", "/2019-09-25/functions/{}/event-invoke-config", "", "DeleteFunctionEventInvokeConfig"),
    ("GET", "/2019-09-25/functions/{}/event-invoke-config", "", "GetFunctionEventInvokeConfig"),
    ("POST", "/2019-09-25/functions/{}/event-invoke-config", "", "UpdateFunctionEventInvokeConfig"),
    ("PUT", "/2019-09-25/functions/{}/event-invoke-config", "", "PutFunctionEventInvokeConfig"),
    ("GET", "/2019-09-25/functions/{}/event-invoke-config/list", "", "ListFunctionEventInvokeConfigs"),
    ("GET", "/2019-09-30/functions/{}/concurrency", "", "GetFunctionConcurrency"),
    ("DELETE", "/2019-09-30/functions/{}/provisioned-concurrency", "", "DeleteProvisionedConcurrencyConfig"),
    ("GET", "/2019-09-30/functions/{}/provisioned-concurrency", "", "GetProvisionedConcurrencyConfig"),
    ("PUT", "/2019-09-30/functions/{}/provisioned-concurrency", "", "PutProvisionedConcurrencyConfig"),
    (
        "GET",
        "/2019-09-30/functions/{}/provisioned-concurrency",
        "List=ALL",
        "ListProvisionedConcurrencyConfigs",
    ),
    ("GET", "/2020-04-22/code-signing-configs", "", "ListCodeSigningConfigs"),
    ("POST", "/2020-04-22/code-signing-configs", "", "CreateCodeSigningConfig"),
    ("DELETE", "/2020-04-22/code-signing-configs/{}", "", "DeleteCodeSigningConfig"),
    ("GET", "/2020-04-22/code-signing-configs/{}", "", "GetCodeSigningConfig"),
    ("PUT", "/2020-04-22/code-signing-configs/{}", "", "UpdateCodeSigningConfig"),
    ("GET", "/2020-04-22/code-signing-configs/{}/functions", "", "ListFunctionsByCodeSigningConfig"),
    ("DELETE", "/2020-06-30/functions/{}/code-signing-config", "", "DeleteFunctionCodeSigningConfig"),
    ("GET", "/2020-06-30/functions/{}/code-signing-config", "", "GetFunctionCodeSigningConfig"),
    ("PUT", "/2020-06-30/functions/{}/code-signing-config", "", "PutFunctionCodeSigningConfig"),
    ("GET", "/2021-07-20/functions/{}/runtime-management-config", "", "GetRuntimeManagementConfig"),
    ("PUT", "/2021-07-20/functions/{}/runtime-management-config", "", "PutRuntimeManagementConfig"),
    ("DELETE", "/2021-10-31/functions/{}/url", "", "DeleteFunctionUrlConfig"),
    ("GET", "/2021-10-31/functions/{}/url", "", "GetFunctionUrlConfig"),
    ("POST", "/2021-10-31/functions/{}/url", "", "CreateFunctionUrlConfig"),
    ("PUT", "/2021-10-31/functions/{}/url", "", "UpdateFunctionUrlConfig"),
    ("GET", "/2021-10-31/functions/{}/urls", "", "ListFunctionUrlConfigs"),
    ("POST", "/2021-11-15/functions/{}/response-streaming-invocations", "", "InvokeWithResponseStream"),
    ("GET", "/2024-08-31/functions/{}/recursion-config", "", "GetFunctionRecursionConfig"),
    ("PUT", "/2024-08-31/functions/{}/recursion-config", "", "PutFunctionRecursionConfig"),
    ("GET", "/2025-11-30/capacity-providers", "", "ListCapacityProviders"),
    ("POST", "/2025-11-30/capacity-providers", "", "CreateCapacityProvider"),
    ("DELETE", "/2025-11-30/capacity-providers/{}", "", "DeleteCapacityProvider"),
    ("GET", "/2025-11-30/capacity-providers/{}", "", "GetCapacityProvider"),
    ("PUT", "/2025-11-30/capacity-providers/{}", "", "UpdateCapacityProvider"),
    (
        "GET",
        "/2025-11-30/capacity-providers/{}/function-versions",
        "",
        "ListFunctionVersionsByCapacityProvider",
    ),
    ("GET", "/2025-11-30/functions/{}/function-scaling-config", "", "GetFunctionScalingConfig"),
    ("PUT", "/2025-11-30/functions/{}/function-scaling-config", "", "PutFunctionScalingConfig"),
    ("POST", "/2025-12-01/durable-execution-callbacks/{}/fail", "", "SendDurableExecutionCallbackFailure"),
    (
        "POST",
        "/2025-12-01/durable-execution-callbacks/{}/heartbeat",
        "",
        "SendDurableExecutionCallbackHeartbeat",
    ),
    ("POST", "/2025-12-01/durable-execution-callbacks/{}/succeed", "", "SendDurableExecutionCallbackSuccess"),
    ("DELETE", "/2025-12-01/durable-executions/{}", "", "DeleteDurableExecution"),
    ("GET", "/2025-12-01/durable-executions/{}", "", "GetDurableExecution"),
    ("POST", "/2025-12-01/durable-executions/{}/checkpoint", "", "CheckpointDurableExecution"),
    ("GET", "/2025-12-01/durable-executions/{}/history", "", "GetDurableExecutionHistory"),
    ("POST", "/2025-12-01/durable-executions/{}/pause", "", "PauseDurableExecution"),
    ("POST", "/2025-12-01/durable-executions/{}/resume", "", "ResumeDurableExecution"),
    ("GET", "/2025-12-01/durable-executions/{}/state", "", "GetDurableExecutionState"),
    ("POST", "/2025-12-01/durable-executions/{}/stop", "", "StopDurableExecution"),
    ("GET", "/2025-12-01/functions/{}/durable-executions", "", "ListDurableExecutionsByFunction"),
    ("DELETE", "/2026-07-09/resource-policy/{}", "", "DeleteResourcePolicy"),
    ("GET", "/2026-07-09/resource-policy/{}", "", "GetResourcePolicy"),
    ("PUT", "/2026-07-09/resource-policy/{}", "", "PutResourcePolicy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, path: &str, query: &[(&str, &str)]) -> Option<(&'static str, Vec<String>)> {
        let path: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let query: Vec<_> = query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Route::find(method, &path, &query).map(|route| (route.operation, route.parameters))
    }

    #[test]
    fn operations_are_told_apart() {
        let f = || vec!["f".to_owned()];
        assert_eq!(find("POST", "/2015-03-31/functions", &[]), Some(("CreateFunction", vec![])));
        assert_eq!(find("POST", "/2015-03-31/functions/f/invocations/", &[]), Some(("Invoke", f())));
        let layers = "/2018-10-31/layers";
        assert_eq!(find("GET", layers, &[]), Some(("ListLayers", vec![])));
        assert_eq!(find("GET", layers, &[("find", "LayerVersion")]), Some(("GetLayerVersionByArn", vec![])));
        let provisioned = "/2019-09-30/functions/f/provisioned-concurrency";
        assert_eq!(find("GET", provisioned, &[]), Some(("GetProvisionedConcurrencyConfig", f())));
        let all = find("GET", provisioned, &[("List", "ALL")]);
        assert_eq!(all, Some(("ListProvisionedConcurrencyConfigs", f())));
        assert_eq!(
            find("DELETE", "/2015-03-31/functions/f/policy/s", &[]),
            Some(("RemovePermission", vec!["f".into(), "s".into()]))
        );
        assert_eq!(find("PATCH", "/2015-03-31/functions", &[]), None);
        assert_eq!(find("GET", "/2015-03-31/functions/f/x", &[]), None);
        assert_eq!(find("GET", "/2015-03-31", &[]), None);
    }

    #[test]
    fn paths_of_the_service_begin_with_its_dates() {
        assert!(is_path("/2015-03-31/functions"));
        for path in ["/", "/2015-03-30/x", "/bucket/2015-03-31", "2015-03-31/functions"] {
            assert!(!is_path(path), "{path}");
        }
    }
}
