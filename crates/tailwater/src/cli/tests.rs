//! The command line as a whole: that it is consistent, and that its help reads as it was last read over.

use super::*;
use clap::CommandFactory;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Set to write the texts anew instead of comparing them; they are then to be read in the difference to the last commit.
const UPDATE: &str = "UPDATE_HELP";

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

/// The help of every verb, and of the verbs of each, under its name: `tailwater shards roll`.
fn helps() -> BTreeMap<String, String> {
    // Lines as wide as where there is no terminal to be asked, and nothing of the environment in them.
    let mut command = Cli::command().disable_help_subcommand(true).term_width(WIDTH);
    command.build();
    let mut waiting = vec![command];
    let mut helps = BTreeMap::new();
    while let Some(mut command) = waiting.pop() {
        waiting.extend(command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned());
        let name = command.get_bin_name().unwrap_or("tailwater").to_owned();
        helps.insert(name, command.render_long_help().to_string());
    }
    helps
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/help")
}

#[test]
fn every_verb_has_the_help_that_was_read_over() {
    let update = std::env::var_os(UPDATE).is_some();
    let mut known: Vec<String> = Vec::new();
    for (name, help) in helps() {
        let file = format!("{}.txt", name.replace(' ', "-"));
        let path = golden().join(&file);
        let text = format!("$ {name} --help\n{}\n", help.trim_end());
        if update {
            std::fs::create_dir_all(golden()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            text, expected,
            "{file} differs, or is not there: {UPDATE}=1 cargo test -p tailwater --lib help, and read it over"
        );
        known.push(file);
    }
    for file in std::fs::read_dir(golden()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "tests/help/{name} is of no verb: delete it");
    }
}

/// As wide as a terminal that people read on. Longer lines of an example are broken where they should not be.
const WIDTH: usize = 100;

#[test]
fn every_help_gives_an_example_that_is_not_broken() {
    let mut waiting = vec![Cli::command()];
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned());
        let (name, after) = (command.get_name(), command.get_after_help().map(ToString::to_string));
        let after = after.unwrap_or_default();
        assert!(after.contains("Example"), "{name} gives no example");
        let broken = after.lines().find(|line| line.starts_with("  ") && line.chars().count() > WIDTH);
        assert_eq!(broken, None, "{name}");
    }
}

#[test]
fn every_argument_says_what_it_is() {
    let mut waiting = vec![Cli::command()];
    while let Some(command) = waiting.pop() {
        let name = command.get_name().to_owned();
        let told = command.get_about().or(command.get_long_about()).map(ToString::to_string);
        let is_hidden = command.is_hide_set();
        assert!(is_hidden || told.is_some_and(|text| text.len() > 8), "{name} does not say what it does");
        for argument in command.get_arguments() {
            let told = argument.get_help().or(argument.get_long_help()).map(ToString::to_string);
            let is_told = told.is_some_and(|text| !text.trim().is_empty());
            assert!(is_told || argument.is_hide_set(), "{name} {}", argument.get_id());
        }
        waiting.extend(command.get_subcommands().cloned());
    }
}
