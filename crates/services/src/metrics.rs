//! Metrics: of CloudWatch, what libraries call without being asked.
