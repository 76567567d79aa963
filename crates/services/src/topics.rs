//! Topics: SNS, with queues, functions and HTTP endpoints as subscribers.
