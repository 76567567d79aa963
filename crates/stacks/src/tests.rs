//! The service over simulated providers.
