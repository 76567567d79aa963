//! ListStreams: in order of (table name, label), a page beginning strictly above its cursor, so that
//! streams that come and go between pages neither repeat others nor hide them.

use crate::arn::StreamArn;
use crate::{Caller, Streams};
use wire::ApiError;
use wire::json::ObjectWriter;
use wire::streams::ListStreams;

const LIMIT_DEFAULT: usize = 100;

impl Streams {
    /// Answers ListStreams.
    ///
    /// # Errors
    /// When the request is malformed.
    pub fn list_streams(&self, caller: Caller<'_>, body: &[u8]) -> Result<Vec<u8>, ApiError> {
        let request = ListStreams::decode(body)?;
        let cursor = match &request.exclusive_start_stream_arn {
            None => None,
            Some(arn) => match StreamArn::parse(arn) {
                Some(arn) => Some((arn.table, arn.label)),
                None => return Err(ApiError::validation("Invalid StreamArn")),
            },
        };
        let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT_DEFAULT);
        let (now_ms, retention_ms) = (self.clock.now_ms(), self.options.retention_ms);
        let registry = self.read();
        let mut streams = registry
            .after(self.scope(caller), request.table_name.as_deref(), cursor)
            .filter(|stream| !stream.has_expired(now_ms, retention_ms));

        let mut out = Vec::with_capacity(256);
        let mut answer = ObjectWriter::new(&mut out);
        let mut last = None;
        let mut list = answer.array("Streams");
        for stream in streams.by_ref().take(limit) {
            let mut entry = list.object();
            entry.string("StreamArn", &stream.arn);
            entry.string("TableName", &stream.table_name);
            entry.string("StreamLabel", &stream.label);
            entry.end();
            last = Some(stream);
        }
        list.end();
        if let Some(last) = last.filter(|_| streams.next().is_some()) {
            answer.string("LastEvaluatedStreamArn", &last.arn);
        }
        answer.end();
        Ok(out)
    }
}
