//! How a store fails.

/// A failure of the store itself, never of what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The outcome of a commit is not known. Commit again with the same token.
    #[error("the outcome of the commit is unknown: {0}")]
    Unknown(String),
    /// A write failed earlier, so no more are tried; reads go on. Only a restart helps.
    #[error("the store stopped taking writes after an error: {0}")]
    Poisoned(String),
    /// There is too little free space on the disk to write safely.
    #[error("the disk is full: {0}")]
    Full(String),
    /// What is stored is damaged.
    #[error("the data is damaged: {0}")]
    Corrupt(String),
    /// The directory cannot be used: locked by another process, of a newer format, not ours.
    #[error("{0}")]
    Unusable(String),
    /// The operating system or the engine failed to read or to open.
    #[error("the storage engine failed: {0}")]
    Engine(String),
}
