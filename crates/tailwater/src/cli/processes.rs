//! The flags that say how the code of functions is run.

use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How the code of functions is run.
#[derive(Args, Clone, Debug)]
pub(crate) struct Processes {
    /// Run functions for Node with this program. [default: node of the search path]
    #[arg(long, value_name = "FILE", help_heading = "Functions")]
    pub(crate) node: Option<PathBuf>,
    /// Run functions for Python with this program. [default: the Python of the runtime's name, else python3]
    #[arg(long, value_name = "FILE", help_heading = "Functions")]
    pub(crate) python: Option<PathBuf>,
    /// Let functions for Node find the packages aws-sdk and @aws-sdk/* in this directory or its node_modules, where they
    /// are nowhere else.
    #[arg(long, value_name = "DIR", help_heading = "Functions")]
    pub(crate) sdk_dir: Option<PathBuf>,
    /// Run so many processes of one version of a function at once; further calls wait.
    #[arg(long, value_name = "N", default_value = "10", help_heading = "Functions")]
    pub(crate) function_processes: NonZeroUsize,
    /// Let functions have no more memory than they are configured with: by cgroups where the server may make them, else roughly.
    #[arg(long, help_heading = "Functions")]
    pub(crate) enforce_memory: bool,
    /// Let the processes of functions stand still between calls, as on AWS.
    #[arg(long, help_heading = "Functions")]
    pub(crate) freeze_functions: bool,
}
