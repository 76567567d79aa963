//! An object store with the part of S3's interface that exports, imports and the tools around them use.
