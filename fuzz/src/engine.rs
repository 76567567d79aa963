//! What runs functions without a process.

use bytes::Bytes;
use lambda::functions::{Engine, Processes, Running};
use memchr::memmem;
use runtime::{Finished, Invocation, Revision};
use std::sync::Arc;

/// Answers with the event, or fails where that speaks of a failure.
pub(crate) struct StandIn;

/// What the event of a call has that fails.
const FAILURE: &[u8] = b"fail!";

impl Engine for StandIn {
    fn pool(&self, _: Revision) -> Arc<dyn Processes> {
        Arc::new(Self)
    }
}

impl Processes for StandIn {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        let failed = memmem::find(&invocation.payload, FAILURE).is_some();
        let finished = Finished {
            payload: if failed { Bytes::from_static(b"{}") } else { invocation.payload },
            failed,
            log_tail: invocation.tail.then(|| Bytes::from_static(b"END")),
            log_stream: "s".to_owned(),
            duration_us: 1,
        };
        Box::pin(async { Ok(finished) })
    }

    fn prewarm(&self) {}

    fn retire(&self) {}
}
