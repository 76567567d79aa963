//! DynamoDB itself: tables, items, indexes, transactions, and the one write path that all of them take.

pub mod table;
