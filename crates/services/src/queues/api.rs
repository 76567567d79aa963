//! What clients say to the service: JSON, or the query protocol.
