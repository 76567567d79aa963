//! Calls that do not end by themselves.

use crate::transport::CallError;
use environment::Clock;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

/// Ends a call after a while. It may be carried out all the same.
pub(crate) async fn within<V>(
    clock: &Clock,
    time: Duration,
    call: impl Future<Output = Result<V, CallError>>,
) -> Result<V, CallError> {
    match select(pin!(call), pin!(clock.sleep(time))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(CallError::Unavailable(format!("no answer within {time:?}"))),
    }
}
