//! Documents: each is found from the list of documents, and points at what is there.

use crate::tree::Tree;

const LIST: &str = "docs/README.md";

/// Documents that the list of documents does not name.
fn unlisted(tree: &Tree) -> Vec<String> {
    let listed = links(tree.text(LIST).unwrap_or_default());
    let documents = tree.ending(".md").filter_map(|(path, _)| path.strip_prefix("docs/"));
    let unlisted = documents.filter(|name| *name != "README.md" && !listed.iter().any(|link| link == name));
    unlisted.map(|name| format!("{LIST} does not name {name}")).collect()
}

/// Links within the repository that lead nowhere.
fn dead(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in tree.ending(".md") {
        for link in links(text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.to_owned() } else { joined(path, file) };
            let found = tree.has(&target);
            let has_heading = |text: &str| headings(text).iter().any(|found| found == heading);
            if !found || !(heading.is_empty() || tree.text(&target).is_some_and(has_heading)) {
                complaints.push(format!("{path}: {link} leads nowhere"));
            }
        }
    }
    complaints
}

/// Where the links of a document lead to: `[words](target)`, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        // What is between backquotes is code.
        let words: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (at, _) in words.match_indices("](") {
            if let Some((target, _)) = words[at + 2..].split_once(')') {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The lines of a document that are not within a block of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// What a link writes behind `#` to lead to each heading.
fn headings(text: &str) -> Vec<String> {
    let lines = prose(text).filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|char| char.is_alphanumeric() || [' ', '-', '_'].contains(char));
        kept.map(|char| if char == ' ' { '-' } else { char }).collect()
    };
    lines.map(anchor).collect()
}

/// The path that a link of a document means.
fn joined(document: &str, link: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    #[test]
    fn every_document_is_listed() {
        none(&unlisted(Tree::here()));
        let list = "[a](a.md) `[b](b.md)`\n```\n[b](b.md)\n```\n";
        one(&unlisted(&Tree::of(&[(LIST, list), ("docs/a.md", ""), ("docs/b.md", "")])), "b.md");
    }

    #[test]
    fn links_lead_somewhere() {
        none(&dead(Tree::here()));
        let text =
            "[a](a.md) [b](../x/run) [c](a.md#the-one-way) [d](#top) [e](https://example.com/) [f](sub/)";
        let files = [("docs/a.md", "# The `one` way\n"), ("x/run", ""), ("docs/sub/y", "")];
        let top = format!("# Top\n{text}\n");
        none(&dead(&Tree::of(&[&files[..], &[("docs/b.md", top.as_str())]].concat())));
        for (gone, says) in [("[a](c.md)", "c.md"), ("[a](a.md#no)", "#no"), ("[a](../docs2/)", "docs2")] {
            one(&dead(&Tree::of(&[&files[..], &[("docs/b.md", gone)]].concat())), says);
        }
    }
}
