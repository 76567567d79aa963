//! How requests about mappings are refused: codes, texts, and the shapes of the bodies, which differ.

use super::Source;
use wire::json::ObjectWriter;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `InvalidParameterValueException`
    #[error("{0}")]
    InvalidParameterValue(String),
    /// `ValidationException`: of single members, before all else.
    #[error("{0}")]
    Validation(String),
    /// `ResourceConflictException`
    #[error("{0}")]
    Conflict(String),
    /// `ResourceNotFoundException`
    #[error("The resource you requested does not exist.")]
    NotFound,
}

impl Fault {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidParameterValue(message.into())
    }

    /// A member that a mapping of this kind cannot have.
    pub(crate) fn unsupported(member: &str) -> Self {
        Self::invalid(format!("Unsupported {member} parameter for given event source mapping type."))
    }

    /// There is no such function.
    #[must_use]
    pub fn no_function() -> Self {
        Self::invalid("Function does not exist")
    }

    /// There is no such source.
    #[must_use]
    pub fn no_source(source: Source, arn: &str) -> Self {
        Self::invalid(match source {
            Source::Queue { .. } => "Error occurred while ReceiveMessage. SQS Error Code: \
                                     AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue \
                                     does not exist."
                .to_owned(),
            Source::TableStream | Source::DataStream => format!("Stream not found: {arn}"),
        })
    }

    /// The source is mapped to this function already.
    #[must_use]
    pub fn duplicate(source: Source, arn: &str, function: &str, uuid: &str) -> Self {
        Self::Conflict(match source {
            Source::Queue { .. } => format!(
                "An event source mapping with SQS arn (\" {arn} \") and function (\" {function} \") already exists. \
                 Please update or delete the existing mapping with UUID {uuid}"
            ),
            Source::TableStream | Source::DataStream => format!(
                "The event source arn (\" {arn} \") and function (\" {function} \") provided mapping already exists. \
                 Please update or delete the existing mapping with UUID {uuid}"
            ),
        })
    }

    /// The name of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameterValue(_) => "InvalidParameterValueException",
            Self::Validation(_) => "ValidationException",
            Self::Conflict(_) => "ResourceConflictException",
            Self::NotFound => "ResourceNotFoundException",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidParameterValue(_) | Self::Validation(_) => 400,
            Self::Conflict(_) => 409,
            Self::NotFound => 404,
        }
    }

    /// The body.
    #[must_use]
    pub fn to_body(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = ObjectWriter::new(&mut out);
        if !matches!(self, Self::Validation(_)) {
            object.string("Type", "User");
        }
        let name = if matches!(self, Self::NotFound) { "Message" } else { "message" };
        object.string(name, &self.to_string());
        object.end();
        out
    }
}
