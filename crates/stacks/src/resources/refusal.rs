//! A service's refusal, and how CloudFormation tells it.

use super::{ResourceError, Scope};

/// What a service does not do, or what cannot be asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Its name, as the tools of AWS write it; none where the request was not made.
    service: Option<&'static str>,
    status: u16,
    code: String,
    message: String,
}

impl Refusal {
    /// A service's.
    pub(super) fn of(
        service: &'static str,
        status: u16,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { service: Some(service), status, code: code.into(), message: message.into() }
    }

    /// Of a request that is not made.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        let code = "InvalidRequest".to_owned();
        Self { service: None, status: 400, code, message: message.into() }
    }

    /// Of properties that this server has nothing for.
    pub(super) fn unsupported(property: &str) -> Self {
        Self::invalid(format!("The property {property} is not supported by this server"))
    }

    /// Of one that is there already.
    pub(super) fn exists(resource_type: &str, identifier: &str) -> Self {
        Self {
            service: None,
            status: 409,
            code: "AlreadyExists".to_owned(),
            message: format!(
                "Resource of type '{resource_type}' with identifier '{identifier}' already exists."
            ),
        }
    }

    /// An answer that is not what the service says.
    pub(super) fn unreadable(service: &'static str) -> Self {
        Self::of(service, 500, "InternalFailure", "Internal service failure.")
    }

    /// Whether what was asked for is not there.
    pub(super) fn is_missing(&self) -> bool {
        let code = self.code.rsplit('#').next().unwrap_or_default();
        code.contains("NotFound") || code.starts_with("NoSuch") || code == "QueueDoesNotExist"
    }

    /// Whether what was to be made is there.
    pub(super) fn is_there_already(&self) -> bool {
        let code = self.code.rsplit('#').next().unwrap_or_default();
        code.contains("AlreadyExists")
            || code == "BucketAlreadyOwnedByYou"
            || code == "ResourceConflictException"
            || (code == "ResourceInUseException" && self.message.contains("already exists"))
    }

    /// As an error of a resource, in CloudFormation's words.
    pub(super) fn told(self, scope: &Scope) -> ResourceError {
        let (handler_code, error): (_, fn(String) -> ResourceError) = if self.is_missing() {
            ("NotFound", ResourceError::NotFound)
        } else if self.is_there_already() {
            ("AlreadyExists", ResourceError::AlreadyExists)
        } else if self.status < 500 {
            ("InvalidRequest", ResourceError::Invalid)
        } else {
            ("GeneralServiceException", ResourceError::Failed)
        };
        let Self { service, status, message, .. } = self;
        let source = service.map(|service| format!(" (Service: {service}, Status Code: {status})"));
        error(format!(
            "Resource handler returned message: \"{message}{}\" (RequestToken: {}, HandlerErrorCode: {handler_code})",
            source.unwrap_or_default(),
            scope.token
        ))
    }
}
