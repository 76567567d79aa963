//! Logs: CloudWatch Logs, with what functions print, and what clients put.
