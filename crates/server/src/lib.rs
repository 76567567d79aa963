//! The front door: HTTP, admission, authentication, routing.
//!
//! It owns [`Service`] and knows no service by name. A request is admitted in this order: the head (`Host`,
//! `Origin`, route), its length against the operation's own limit, the number and the memory of requests
//! under way, and only then is its body read; then it is authenticated over the raw bytes, unpacked if it
//! was compressed, and given to the service. Overload is answered, never suffered.
//!
//! Every answer carries `x-amzn-requestid` and `x-amz-crc32`, and, where a page asked, the CORS headers, also
//! when it is an error. A service that panics costs its request a 500 and nothing else.

mod authentication;
mod body;
mod budget;
mod connection;
mod encoding;
mod exchange;
mod finish;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod headers;
mod listener;
mod listening;
mod origin;
mod own;
mod request;
mod request_id;
mod response;
mod routes;
mod service;
mod settings;
mod socket;
pub mod stream;

pub use authentication::Signer;
pub use hyper::header;
pub use hyper::{HeaderMap, Method, StatusCode};

pub use listener::{Drained, Server, runtime};
pub use listening::{BindError, Listener};
pub use own::OwnEndpoint;
pub use request::{Head, Identity, Request};
pub use request_id::RequestId;
pub use response::{ContentType, Response};
pub use routes::Routes;
pub use service::{Admission, Answer, AuthenticationFailure, Refusal, Service};
pub use settings::{Address, Limits, Settings};
pub use stream::{StreamAdmission, StreamAnswer, StreamRequest, StreamService};
