//! The driver of a mapping of a queue.

use super::registry::{Context, Directive};

/// Runs a mapping until it is told to end.
pub(super) async fn drive(context: Context) {
    let Context { mapping, mut directives, .. } = context;
    tracing::debug!(mapping = %mapping.uuid, "an event source mapping of a queue waits");
    while let Some(directive) = directives.recv().await {
        match directive {
            Directive::Settings(_) => {}
            Directive::Stop | Directive::Delete => return,
        }
    }
}
