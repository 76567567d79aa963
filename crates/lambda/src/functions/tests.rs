//! Functions over a memory store, run by a stand-in.
