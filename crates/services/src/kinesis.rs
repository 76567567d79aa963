//! Kinesis Data Streams, as a program sees them that reads what a table delivers, or puts records itself.
