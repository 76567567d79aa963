//! The whole server in a world that is simulated: its store, its clock and chance, its network and the processes of its
//! functions are given. It is put together as the binary's is; `sim` runs it.
//!
//! What is not given is of this machine: the directory, where archives of functions and objects are files, and the
//! thread that shows what functions print.

use crate::assemble::{Assembled, Ground, assemble_on};
use crate::cli::{Cli, Command};
use crate::config::Config;
use crate::testing::Error;
use clap::Parser;
use database::Database;
use environment::Environment;
use lambda::functions::Engine;
use server::{Drained, Listener};
use std::path::Path;
use std::sync::Arc;
use store::AnyStore;

/// What the world consists of.
pub struct World<'a> {
    /// Where all records are.
    pub store: Arc<AnyStore>,
    /// What runs functions.
    pub engine: Arc<dyn Engine>,
    /// Where files are.
    pub directory: &'a Path,
    /// Clock and chance.
    pub environment: Environment,
}

/// A server that nobody is connected to yet.
pub struct Server {
    config: Config,
    environment: Environment,
    assembled: Assembled,
}

impl Server {
    /// Puts it together, with what `tailwater serve` says by default. Must be called in a runtime, which needs no clock.
    ///
    /// # Errors
    /// When the records cannot be opened, or the directory cannot be used.
    pub fn open(world: World<'_>) -> Result<Self, Error> {
        let World { store, engine, directory, environment } = world;
        // Files outlive a simulated crash whether they are synced or not.
        let flags = ["tailwater", "serve", "--durability", "os", "--data-dir"].map(std::ffi::OsStr::new);
        let arguments = flags.into_iter().chain([directory.as_os_str()]);
        let cli = Cli::try_parse_from(arguments).map_err(|error| anyhow::anyhow!("{error}"))?;
        let Command::Serve(serve) = cli.command else {
            return Err(anyhow::anyhow!("not flags of serve").into());
        };
        let config = Config::resolve(*serve)?;
        let ground = Ground { store: Some(store), engine: Some(engine) };
        let assembled = assemble_on(ground, &config, &environment)?;
        Ok(Self { config, environment, assembled })
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Arc<Database> {
        self.assembled.running.database()
    }

    /// Serves these connections, for ever.
    ///
    /// # Errors
    /// When what runs beside the requests cannot be started.
    pub async fn serve<L: Listener>(self, listener: L) -> Result<Drained, Error> {
        let Self { config, environment, assembled: Assembled { routes, running } } = self;
        let server = server::Server::on(vec![listener], config.server.clone(), routes, environment.clone());
        running.start(&config, server.addresses(), &environment)?;
        Ok(server.serve(std::future::pending()).await)
    }
}
