//! The sources that a mapping may have, by their ARNs.

use serde::{Deserialize, Serialize};

/// A kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The stream of a table.
    TableStream,
    /// A stream of Kinesis Data Streams.
    DataStream,
    /// A queue.
    Queue {
        /// Whether it keeps an order.
        fifo: bool,
    },
}

impl Source {
    /// What an ARN names; `None` where that is no source.
    #[must_use]
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (prefix, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (_region, _account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let named = !resource.is_empty();
        match service {
            _ if prefix != "arn" => None,
            "dynamodb" => {
                let (table, label) = resource.strip_prefix("table/")?.split_once("/stream/")?;
                (!table.is_empty() && !label.is_empty()).then_some(Self::TableStream)
            }
            "kinesis" => {
                resource.strip_prefix("stream/").filter(|name| !name.is_empty()).map(|_| Self::DataStream)
            }
            "sqs" => named.then(|| Self::Queue { fifo: resource.ends_with(".fifo") }),
            _ => None,
        }
    }

    /// Whether it has shards.
    #[must_use]
    pub const fn is_stream(self) -> bool {
        !matches!(self, Self::Queue { .. })
    }
}
