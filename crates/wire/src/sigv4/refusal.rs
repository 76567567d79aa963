//! How authentication fails, with AWS's texts.

use crate::error::ApiError;

/// Why a request is not accepted as signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no signature of this kind.
    #[error("Request is missing Authentication Token")]
    Missing,
    /// Parts of the signature are absent; the text names them.
    #[error("{0}")]
    Incomplete(String),
    /// The access key is not known.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// A header and a query both sign.
    #[error("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    Twice,
    /// The signature is another than the right one.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
    /// The signature is too old, too new, or of another day than its scope; the text says which.
    #[error("{0}")]
    Time(String),
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        let text = refusal.to_string();
        match refusal {
            Refusal::Missing => ApiError::missing_authentication_token(text),
            Refusal::Incomplete(_) => ApiError::incomplete_signature(text),
            Refusal::UnknownKey => ApiError::unrecognized_client(text),
            Refusal::Twice | Refusal::Mismatch | Refusal::Time(_) => ApiError::invalid_signature(text),
        }
    }
}
