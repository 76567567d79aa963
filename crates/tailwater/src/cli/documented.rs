//! What README and docs write on command lines exists: verbs and flags, held against the command line itself.

use super::Cli;
use clap::{Command, CommandFactory};
use std::fs;
use std::path::{Path, PathBuf};

/// What a document has on command lines of this program, each from the first word after its name on.
fn lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut within = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            within = !within;
            continue;
        }
        // In a block all is code, elsewhere what is between backquotes.
        let code = if within { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        for code in code {
            let mut words = code.trim_start_matches("$ ").split_whitespace();
            let is_ours = words.next().is_some_and(|word| word.rsplit('/').next() == Some("tailwater"));
            let line = match code.split_once("-p tailwater -- ") {
                Some((_, line)) => line.to_owned(),
                None if is_ours => words.collect::<Vec<_>>().join(" "),
                None => continue,
            };
            // What follows is of another program, or a remark.
            let ends = [" | ", " # ", " && ", " > ", " & "];
            let end = ends.iter().filter_map(|end| format!("{line} ").find(end)).min();
            found.push(end.map_or(line.as_str(), |end| &line[..end.min(line.len())]).to_owned());
        }
    }
    found
}

/// What of a command line does not exist.
fn unknown(line: &str) -> Option<String> {
    let root = Cli::command();
    let (mut command, mut verb) = (&root, String::from("tailwater"));
    let mut words = line.split_whitespace().peekable();
    while let Some(next) = words.peek().and_then(|word| command.find_subcommand(word)) {
        words.next();
        verb = format!("{verb} {}", next.get_name());
        command = next;
    }
    let is_word = |word: &&&str| word.chars().all(|char| char.is_ascii_lowercase() || char == '-');
    if let Some(word) = words.peek().filter(is_word)
        && command.has_subcommands()
        && !word.starts_with('-')
    {
        return Some(format!("{verb} has no {word}"));
    }
    let serve = root.find_subcommand("serve")?;
    for word in words {
        if word == "--" {
            // A service is told what the server is to be told.
            command = serve;
            continue;
        }
        let flag = word.strip_prefix("--").and_then(|word| word.split(['=', '`', ',', ')', ']']).next());
        if let Some(flag) = flag.filter(|flag| !flag.is_empty() && !has_flag(command, &root, &verb, flag)) {
            return Some(format!("{verb} has no --{flag}"));
        }
    }
    None
}

/// Whether a command, or one above it for all that are below, has a flag.
fn has_flag(command: &Command, root: &Command, verb: &str, flag: &str) -> bool {
    let is_it = |arg: &&clap::Arg| arg.get_long() == Some(flag);
    if ["help", "version"].contains(&flag) || command.get_arguments().any(|arg| is_it(&arg)) {
        return true;
    }
    let mut above = root;
    verb.split(' ').skip(1).any(|name| {
        above = above.find_subcommand(name).unwrap_or(above);
        above.get_arguments().filter(|arg| arg.is_global_set()).any(|arg| is_it(&arg))
    })
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    docs.filter(|path| path.extension().is_some_and(|end| end == "md"))
        .chain([root.join("README.md")])
        .collect()
}

#[test]
fn what_documents_write_on_command_lines_exists() {
    let (mut read, mut complaints) = (0, Vec::new());
    for path in documents() {
        for line in lines(&fs::read_to_string(&path).unwrap()) {
            read += 1;
            complaints.extend(unknown(&line).map(|why| format!("{}: {why}: {line}", path.display())));
        }
    }
    assert!(read > 40, "only {read} command lines were found");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn what_does_not_exist_is_found() {
    let text = "`tailwater` `tailwater a` b\n```sh\n$ tailwater b --c | jq # d\ncargo run -p tailwater -- e f\nother tailwater\n```\n";
    assert_eq!(lines(text), ["", "a", "b --c", "e f"]);
    for good in [
        "",
        "serve --port 1",
        "shards list dogs --endpoint http://x",
        "service install -- --port=8000",
        "--help",
        "function NAME",
    ] {
        assert_eq!(unknown(good), None, "{good}");
    }
    for bad in [
        "sevre",
        "serve --prot 1",
        "shards lst dogs",
        "shards list dogs --port 1",
        "service install -- --prot",
    ] {
        assert!(unknown(bad).is_some(), "{bad}");
    }
}
