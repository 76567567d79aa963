//! The one file that wires everything: which services there are, what each is given, and in which order they
//! are asked.

use crate::config::Config;
use environment::Environment;
use server::Routes;

/// A server's inside, put together.
pub(crate) struct Assembled {
    /// Who answers what.
    pub(crate) routes: Routes,
    /// What runs behind it.
    pub(crate) running: Running,
}

/// What runs behind the services, and is to be closed after the last request.
pub(crate) struct Running {}

impl Running {
    /// Writes out what is still to be written.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Puts a server together.
pub(crate) fn assemble(_config: &Config, _environment: &Environment) -> anyhow::Result<Assembled> {
    Ok(Assembled { routes: Routes::new(), running: Running {} })
}
