//! What is executed for a revision: an interpreter with our client, or what the code brings.

use crate::interpreter::{Interpreter, Interpreters};
use crate::revision::Kind;
use crate::{Revision, Settings};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Launch {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// The interpreter, where there is one.
    pub(crate) interpreter: Option<Interpreter>,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoLaunch {
    /// The function's own fault: there is no `bootstrap`.
    NoBootstrap(String),
    /// Something is missing on this machine.
    Missing(String),
}

/// What is executed for a revision.
pub(crate) async fn launch(
    settings: &Settings,
    interpreters: &Interpreters,
    revision: &Revision,
    clients: &Path,
) -> Result<Launch, NoLaunch> {
    let kind = revision.kind();
    if kind == Kind::Bootstrap {
        return bootstrap(revision);
    }
    let interpreter = interpreters.find(settings, &revision.runtime).await.map_err(NoLaunch::Missing)?;
    let arguments = if kind == Kind::Node {
        vec![clients.join("node.cjs").into_os_string()]
    } else {
        // Nothing is written beside the code, which may be somebody's working tree; AWS's is not writable either.
        vec!["-B".into(), clients.join("bootstrap.py").into_os_string()]
    };
    let mut launch = Launch {
        program: interpreter.path.clone().into_os_string(),
        arguments,
        interpreter: Some(interpreter),
    };
    if let Some((_, wrapper)) = revision.variables.iter().find(|(name, _)| name == "AWS_LAMBDA_EXEC_WRAPPER")
    {
        let wrapper = local(revision, wrapper).into_os_string();
        launch.arguments.insert(0, std::mem::replace(&mut launch.program, wrapper));
    }
    Ok(launch)
}

/// A path below `/opt` or `/var/task`, as it is here.
fn local(revision: &Revision, path: &str) -> PathBuf {
    if let Some(rest) = path.strip_prefix("/opt/") {
        let places = revision.layers.iter().rev().map(|layer| layer.join(rest));
        return places.into_iter().find(|place| place.exists()).unwrap_or_else(|| path.into());
    }
    path.strip_prefix("/var/task/").map_or_else(|| path.into(), |rest| revision.code.join(rest))
}

/// The code's own executable, or a layer's; a later layer stands for an earlier one.
fn bootstrap(revision: &Revision) -> Result<Launch, NoLaunch> {
    let folders = std::iter::once(&revision.code).chain(revision.layers.iter().rev());
    let found = folders.map(|folder| folder.join("bootstrap")).find(|path| path.is_file());
    let Some(path) = found else {
        let hint = if revision.runtime.starts_with("provided") {
            String::new()
        } else {
            format!(" (the runtime {} is run only with a bootstrap of its own)", revision.runtime)
        };
        let text = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
        return Err(NoLaunch::NoBootstrap(format!("{text}{hint}")));
    };
    Ok(Launch { program: path.into_os_string(), arguments: Vec::new(), interpreter: None })
}
