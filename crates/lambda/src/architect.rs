//! `app.arc`, the manifest of an Architect project, as far as it tells of functions that read the streams of tables.
//!
//! Pure: text in, what it says out. A manifest is lines: `@pragma`, then names, below which indented lines say more of
//! them; `#` begins a comment.

/// The longest manifest that is read.
pub const MANIFEST_BYTES_MAX: usize = 1 << 20;

/// What a manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `@app`
    pub app: Option<String>,
    /// The names of `@tables`.
    pub tables: Vec<String>,
    /// `@tables-streams`
    pub streams: Vec<Stream>,
    /// `@aws`
    pub settings: Settings,
}

/// A function that reads the stream of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its name, which is the table's where that is not named.
    pub name: String,
    /// The table, by its name in the manifest.
    pub table: String,
    /// Its directory, where it is not the usual one.
    pub source: Option<String>,
}

/// How functions are to be run: `@aws` of a manifest, or of a function's own `config.arc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `runtime`
    pub runtime: Option<String>,
    /// `timeout`, in seconds.
    pub timeout_s: Option<u32>,
    /// `memory`, in MiB.
    pub memory_mib: Option<u32>,
}

impl Settings {
    /// These, and for what they do not say, others.
    #[must_use]
    pub fn or(self, others: &Self) -> Self {
        Self {
            runtime: self.runtime.or_else(|| others.runtime.clone()),
            timeout_s: self.timeout_s.or(others.timeout_s),
            memory_mib: self.memory_mib.or(others.memory_mib),
        }
    }
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ManifestError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads a manifest, or a function's `config.arc`, which is written alike.
///
/// # Errors
/// When it is too long, or a line of a pragma that is read here is not as it must be.
pub fn parse(text: &str) -> Result<Manifest, ManifestError> {
    if text.len() > MANIFEST_BYTES_MAX {
        return Err(ManifestError { line: 1, problem: format!("more than {MANIFEST_BYTES_MAX} bytes") });
    }
    let mut manifest = Manifest::default();
    let mut pragma = String::new();
    for (place, line) in text.lines().enumerate() {
        let wrong = |problem: &str| ManifestError { line: place + 1, problem: problem.to_owned() };
        let line = without_comment(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(first) = words.first() else { continue };
        if let Some(name) = first.strip_prefix('@').filter(|_| !is_indented(line)) {
            name.clone_into(&mut pragma);
            continue;
        }
        match pragma.as_str() {
            "app" => manifest.app = Some((*first).to_owned()),
            "tables" if !is_indented(line) => manifest.tables.push((*first).to_owned()),
            "tables-streams" if !is_indented(line) => manifest.streams.push(stream(&words)),
            "tables-streams" => {
                let stream = manifest.streams.last_mut().ok_or_else(|| wrong("a setting of no stream"))?;
                match words[..] {
                    ["src", source] => stream.source = Some(source.to_owned()),
                    ["table", table] => table.clone_into(&mut stream.table),
                    // Others are Architect's own.
                    _ => {}
                }
            }
            "aws" => set(&mut manifest.settings, &words).map_err(wrong)?,
            "" => return Err(wrong("it stands under no @pragma")),
            _ => {}
        }
    }
    Ok(manifest)
}

/// `name`, or `name path/of/its/code`.
fn stream(words: &[&str]) -> Stream {
    let name = words.first().copied().unwrap_or_default().to_owned();
    Stream { table: name.clone(), name, source: words.get(1).map(|source| (*source).to_owned()) }
}

fn set(settings: &mut Settings, words: &[&str]) -> Result<(), &'static str> {
    let number = |text: &str, problem| text.parse().map_err(|_| problem);
    match *words {
        ["runtime", runtime] => settings.runtime = Some(runtime.to_owned()),
        ["timeout", seconds] => {
            settings.timeout_s = Some(number(seconds, "timeout is not a number of seconds")?);
        }
        ["memory", mib] => settings.memory_mib = Some(number(mib, "memory is not a number of megabytes")?),
        _ => {}
    }
    Ok(())
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

fn without_comment(line: &str) -> &str {
    line.find('#').map_or(line, |at| &line[..at])
}

/// The runtime that a name of Architect's means; `None` where it is none of those that are run here.
#[must_use]
pub fn runtime(name: Option<&str>) -> Option<&str> {
    match name {
        None | Some("node" | "nodejs" | "node.js" | "typescript") => Some("nodejs20.x"),
        Some("python" | "py") => Some("python3.12"),
        Some(name) if name.starts_with("nodejs") || name.starts_with("python") => Some(name),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "\
# A project
@app
kennel

@http
get /

@tables
dogs # all of them
  id *String
  name **String
cats
  id *String

@tables-streams
dogs
cats src/on/cats
births
  src src/births
  table dogs

@aws
runtime nodejs22.x
timeout 10
region eu-west-1
";

    #[test]
    fn a_manifest_is_read() {
        let manifest = parse(MANIFEST).unwrap();
        let stream = |name: &str, table: &str, source: Option<&str>| Stream {
            name: name.into(),
            table: table.into(),
            source: source.map(str::to_owned),
        };
        assert_eq!(manifest.app.as_deref(), Some("kennel"));
        assert_eq!(manifest.tables, ["dogs", "cats"]);
        assert_eq!(
            manifest.streams,
            [
                stream("dogs", "dogs", None),
                stream("cats", "cats", Some("src/on/cats")),
                stream("births", "dogs", Some("src/births")),
            ]
        );
        let settings = Settings { runtime: Some("nodejs22.x".into()), timeout_s: Some(10), memory_mib: None };
        assert_eq!(manifest.settings, settings);
        let own = parse("@aws\nruntime python\nmemory 512\n").unwrap().settings.or(&settings);
        assert_eq!((own.timeout_s, own.memory_mib), (Some(10), Some(512)));
        assert_eq!(runtime(own.runtime.as_deref()), Some("python3.12"));
        assert_eq!((runtime(None), runtime(Some("ruby"))), (Some("nodejs20.x"), None));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let cases = [
            ("dogs\n", "line 1: it stands under no @pragma"),
            ("@aws\n\ntimeout soon\n", "line 3: timeout is not a number of seconds"),
            ("@tables-streams\n  src x\n", "line 2: a setting of no stream"),
        ];
        for (text, told) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), told);
        }
        assert!(parse(&"#".repeat(MANIFEST_BYTES_MAX + 1)).is_err());
        assert_eq!(parse("").unwrap(), Manifest::default());
    }
}
