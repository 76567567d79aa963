//! `tailwater man`: the help as manual pages.

use super::progress::say;
use super::{Cli, output};
use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater man | man -l -                                   Read it
  tailwater man --dir ~/.local/share/man/man1                Then: man tailwater-tail";

/// Print the manual page, or write those of all verbs to a directory.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Pages {
    /// The directory, which is made if it is not there. [default: the first page, to standard output]
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

/// Prints or writes them.
pub(crate) fn run(pages: &Pages) -> anyhow::Result<ExitCode> {
    match &pages.dir {
        None => {
            output::write(&page(root())?.text)?;
        }
        Some(directory) => {
            let count =
                write(directory).with_context(|| format!("cannot write to {}", directory.display()))?;
            say(&format!("{count} pages written to {}", directory.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a page for each verb, and for the verbs of each, and says how many.
fn write(directory: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(directory)?;
    let pages = all()?;
    for page in &pages {
        std::fs::write(directory.join(&page.file), &page.text)?;
    }
    Ok(pages.len())
}

/// A manual page.
struct Page {
    file: String,
    text: String,
}

fn all() -> anyhow::Result<Vec<Page>> {
    let mut waiting = vec![root()];
    let mut pages = Vec::new();
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned());
        pages.push(page(command)?);
    }
    Ok(pages)
}

/// The command line, without `help`, of which there is no page.
fn root() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

/// The page of a verb. What its help says behind the flags is written here: clap_mangen would break its lines anywhere.
fn page(command: Command) -> anyhow::Result<Page> {
    let behind = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man =
        Man::new(command.after_help(None::<&str>)).source(concat!("tailwater ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok(Page { file: man.get_filename(), text: String::from_utf8(text)? + &written(&behind) })
}

/// What a help says behind the flags: words fill lines, and what is indented stays as it is, to be copied.
fn written(help: &str) -> String {
    let only = help.strip_prefix("Example: ").map(|only| format!("Examples:\n  {only}"));
    let help = only.as_deref().unwrap_or(help);
    let mut out = String::from(if help.starts_with("Examples:") { "" } else { ".SH NOTES\n" });
    let mut is_kept = false;
    for line in help.lines() {
        let keeps = line.starts_with(' ');
        if keeps != is_kept {
            out += if keeps { ".nf\n" } else { ".fi\n" };
            is_kept = keeps;
        }
        out += &match line {
            "Examples:" => ".SH EXAMPLES\n".to_owned(),
            "" => ".PP\n".to_owned(),
            line => escaped(line) + "\n",
        };
    }
    out
}

/// Text in which troff changes nothing.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => out += "\\e",
            '-' => out += "\\-",
            '\'' => out += "\\(aq",
            '`' => out += "\\(ga",
            '~' => out += "\\(ti",
            '^' => out += "\\(ha",
            '.' if out.is_empty() => out += "\\&.",
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_indented_stays_as_it_is() {
        let shown = written("Kinds:\n  a  b\n\nMore\nof it.\nExamples:\n  x --y 'z' ~\n      Says.\n");
        let expected = ".SH NOTES\nKinds:\n.nf\n  a  b\n.fi\n.PP\nMore\nof it.\n.SH EXAMPLES\n.nf\n  x \\-\\-y \\(aqz\\(aq \\(ti\n      Says.\n";
        assert_eq!(shown, expected);
        assert_eq!(written("Example: x.y"), ".SH EXAMPLES\n.nf\n  x.y\n");
    }

    #[test]
    fn a_page_names_pages_that_are_there() {
        let pages = all().unwrap();
        let files: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
        let named = |page: &Page| -> Vec<String> {
            let lines = page.text.lines().filter_map(|line| line.strip_suffix("(1)"));
            lines.map(|name| name.replace('\\', "") + ".1").collect()
        };
        let all: Vec<String> = pages.iter().flat_map(named).collect();
        assert!(all.len() > 40 && all.iter().all(|name| files.contains(&name.as_str())), "{all:?}");
        assert!(pages.iter().all(|page| page.text.contains(".SH EXAMPLES") && !page.text.contains("EXTRA")));
    }
}
