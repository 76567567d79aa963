//! The functions of an Architect project that read the streams of its tables.

use super::add::Added;
use anyhow::{Context, bail};
use lambda::architect::{self, Manifest, Stream};
use std::path::{Path, PathBuf};

/// What a manifest may be called.
const MANIFESTS: [&str; 3] = ["app.arc", ".arc", "arc"];

/// Below which directories the code of such a function may be: this year's name first, then those from before.
const SOURCES: [&str; 3] = ["src/tables-streams", "src/streams", "src/tables"];

/// What a function's own settings may be called.
const CONFIGURATIONS: [&str; 2] = ["config.arc", ".arc-config"];

/// The functions of the project in a directory.
pub(super) fn functions(project: &Path) -> anyhow::Result<Vec<Added>> {
    let path = MANIFESTS.iter().map(|name| project.join(name)).find(|path| path.is_file());
    let path = path.with_context(|| format!("there is no app.arc in {}", project.display()))?;
    let manifest = read(&path)?;
    if manifest.streams.is_empty() {
        bail!("{} has no @tables-streams", path.display());
    }
    manifest.streams.iter().map(|stream| function(project, &manifest, stream)).collect()
}

fn read(path: &Path) -> anyhow::Result<Manifest> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    architect::parse(&text).with_context(|| path.display().to_string())
}

fn function(project: &Path, manifest: &Manifest, stream: &Stream) -> anyhow::Result<Added> {
    let directory = directory(project, stream)?;
    let own = CONFIGURATIONS.iter().map(|name| directory.join(name)).find(|path| path.is_file());
    let own = own.map(|path| read(&path)).transpose()?.unwrap_or_default();
    let settings = own.settings.or(&manifest.settings);
    let named = settings.runtime.as_deref();
    let Some(runtime) = architect::runtime(named) else {
        bail!("{}: the runtime {} is not run here", stream.name, named.unwrap_or_default());
    };
    let is_lambda_py = runtime.starts_with("python") && directory.join("lambda.py").is_file();
    let app = manifest.app.as_deref().unwrap_or("app");
    Ok(Added {
        name: function_name(app, &stream.name),
        handler: if is_lambda_py { "lambda.handler" } else { "index.handler" }.to_owned(),
        runtime: runtime.to_owned(),
        timeout_s: settings.timeout_s.or(Some(TIMEOUT_S)),
        memory_mib: settings.memory_mib,
        // As the sandbox calls them, or plainly.
        tables: vec![vec![format!("{app}-staging-{}", stream.table), stream.table.clone()]],
        directory,
    })
}

/// How long Architect lets a function run where nobody says.
const TIMEOUT_S: u32 = 5;

fn directory(project: &Path, stream: &Stream) -> anyhow::Result<PathBuf> {
    if let Some(source) = &stream.source {
        return Ok(project.join(source));
    }
    let usual = SOURCES.iter().map(|source| project.join(source).join(&stream.name));
    let found = usual.clone().find(|path| path.is_dir());
    found.with_context(|| {
        let tried: Vec<String> = usual.map(|path| path.display().to_string()).collect();
        format!("{}: there is no code in {}", stream.name, tried.join(", "))
    })
}

/// A name that a function may have.
fn function_name(app: &str, stream: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name = format!("{app}-tables-streams-{stream}");
    let name: String = name.chars().map(|letter| if allowed(letter) { letter } else { '-' }).collect();
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_project_says_what_its_functions_are() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        let manifest = "@app\nkennel\n@tables\ndogs\n  id *String\n@tables-streams\ndogs\nbirths\n  src src/births\n  table dogs\n@aws\nruntime nodejs22.x\n";
        fs::write(root.join("app.arc"), manifest).unwrap();
        fs::create_dir_all(root.join("src/tables-streams/dogs")).unwrap();
        fs::create_dir_all(root.join("src/births")).unwrap();
        fs::write(root.join("src/births/config.arc"), "@aws\nruntime python\ntimeout 30\n").unwrap();
        fs::write(root.join("src/births/lambda.py"), "").unwrap();
        let all = functions(root).unwrap();
        let tables = vec![vec!["kennel-staging-dogs".to_owned(), "dogs".to_owned()]];
        let dogs = Added {
            name: "kennel-tables-streams-dogs".into(),
            directory: root.join("src/tables-streams/dogs"),
            handler: "index.handler".into(),
            runtime: "nodejs22.x".into(),
            timeout_s: Some(5),
            memory_mib: None,
            tables: tables.clone(),
        };
        let births = Added {
            name: "kennel-tables-streams-births".into(),
            directory: root.join("src/births"),
            handler: "lambda.handler".into(),
            runtime: "python3.12".into(),
            timeout_s: Some(30),
            ..dogs.clone()
        };
        assert_eq!(all, [dogs, births]);
        fs::write(root.join("app.arc"), "@app\nkennel\n@tables-streams\ncats\n").unwrap();
        assert!(functions(root).unwrap_err().to_string().contains("src/tables-streams/cats"));
    }
}
