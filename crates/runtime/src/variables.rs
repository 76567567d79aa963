//! The environment that a function's process starts with; pure.
//!
//! It begins empty, so that nothing of the server's own gets there. What AWS reserves is always ours; the rest a function's
//! own variables may replace.

use crate::{Revision, Settings};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What only the platform sets.
const RESERVED: [&str; 19] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "_LAMBDA_TELEMETRY_LOG_FD",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// The services whose own endpoint older SDKs look for.
const SERVICES: [&str; 8] =
    ["CLOUDWATCH", "DYNAMODB", "DYNAMODB_STREAMS", "KINESIS", "LAMBDA", "LOGS", "SNS", "SQS"];

/// Where programs are.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// What of a process is its own.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    /// `127.0.0.1:port`
    pub(crate) api: &'a str,
    /// The log stream.
    pub(crate) stream: &'a str,
    /// Its home; temporary files go below it.
    pub(crate) home: &'a Path,
    /// Where the clients are.
    pub(crate) clients: &'a Path,
    /// Where the interpreter is.
    pub(crate) interpreter: Option<&'a Path>,
}

/// The whole environment.
pub(crate) fn variables(
    settings: &Settings,
    revision: &Revision,
    place: &Place<'_>,
) -> Vec<(OsString, OsString)> {
    let mut all: BTreeMap<OsString, OsString> = BTreeMap::new();
    let mut set = |name: &str, value: OsString| {
        all.insert(name.into(), value);
    };
    defaults(settings, revision, place, &mut set);
    for (name, value) in &revision.variables {
        // What the operating system cannot take is not given.
        let is_possible = !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0');
        if is_possible && !RESERVED.contains(&name.as_str()) {
            set(name, value.into());
        }
    }
    reserved(settings, revision, place, &mut set);
    layers(revision, &mut all);
    all.into_iter().collect()
}

fn defaults(
    settings: &Settings,
    revision: &Revision,
    place: &Place<'_>,
    set: &mut dyn FnMut(&str, OsString),
) {
    let path = place
        .interpreter
        .and_then(Path::parent)
        .map_or_else(|| PATH.into(), |bin| before(bin, PATH.as_ref()));
    set("PATH", path);
    set("LANG", "en_US.UTF-8".into());
    set("TZ", ":UTC".into());
    set("HOME", place.home.into());
    set("TMPDIR", place.home.join("tmp").into());
    set("PWD", revision.code.clone().into());
    set("NODE_PATH", revision.code.clone().into());
    set("PYTHONPATH", place.clients.into());
    set("LD_LIBRARY_PATH", before(&revision.code, revision.code.join("lib").as_os_str()));
    set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".into());
    set("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000".into());
    set("AWS_ENDPOINT_URL", settings.endpoint_url.clone().into());
    for service in SERVICES {
        set(&format!("AWS_ENDPOINT_URL_{service}"), settings.endpoint_url.clone().into());
    }
    // No SDK is to look for credentials of a machine of Amazon's.
    set("AWS_EC2_METADATA_DISABLED", "true".into());
    if settings.enforce_memory {
        set("NODE_OPTIONS", format!("--max-old-space-size={}", revision.memory_mib).into());
    }
    if let Some(sdk) = &settings.sdk_dir {
        set("TAILWATER_SDK_DIR", sdk.clone().into());
    }
}

fn reserved(
    settings: &Settings,
    revision: &Revision,
    place: &Place<'_>,
    set: &mut dyn FnMut(&str, OsString),
) {
    let own = settings.credentials.iter().find(|(key, _)| *key == revision.account);
    let (key, secret) = own
        .or(settings.credentials.first())
        .cloned()
        .unwrap_or_else(|| (revision.account.clone(), "local".to_owned()));
    set("AWS_ACCESS_KEY_ID", key.into());
    set("AWS_SECRET_ACCESS_KEY", secret.into());
    set("AWS_SESSION_TOKEN", "local".into());
    set("AWS_REGION", revision.region.clone().into());
    set("AWS_DEFAULT_REGION", revision.region.clone().into());
    set("AWS_LAMBDA_FUNCTION_NAME", revision.function_name.clone().into());
    set("AWS_LAMBDA_FUNCTION_VERSION", revision.version.clone().into());
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", revision.memory_mib.to_string().into());
    set("AWS_LAMBDA_LOG_GROUP_NAME", revision.log_group.clone().into());
    set("AWS_LAMBDA_LOG_STREAM_NAME", place.stream.into());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into());
    set("AWS_LAMBDA_RUNTIME_API", place.api.into());
    if !revision.runtime.starts_with("provided") {
        set("AWS_EXECUTION_ENV", format!("AWS_Lambda_{}", revision.runtime).into());
    }
    set("LAMBDA_TASK_ROOT", revision.code.clone().into());
    set("LAMBDA_RUNTIME_DIR", place.clients.into());
    set("_HANDLER", revision.handler.clone().into());
    if revision.logs_json {
        set("AWS_LAMBDA_LOG_FORMAT", "JSON".into());
        set("AWS_LAMBDA_LOG_LEVEL", revision.log_level.clone().unwrap_or_else(|| "INFO".to_owned()).into());
    } else {
        set("AWS_LAMBDA_LOG_FORMAT", "Text".into());
    }
    // Messages of several lines come in frames, between the lines of the same pipe.
    set("_LAMBDA_TELEMETRY_LOG_FD", "1".into());
}

/// Layers stand before everything, a later one before an earlier one, as it would replace its files in `/opt`.
fn layers(revision: &Revision, all: &mut BTreeMap<OsString, OsString>) {
    let node = format!("nodejs/node{}/node_modules", major(&revision.runtime, "nodejs"));
    let python = format!("python/lib/{}/site-packages", revision.runtime);
    let places: [(&str, &[&str]); 4] = [
        ("NODE_PATH", &["nodejs/node_modules", &node]),
        ("PYTHONPATH", &[&python, "python"]),
        ("PATH", &["bin"]),
        ("LD_LIBRARY_PATH", &["lib"]),
    ];
    for (name, folders) in places {
        let mut value = all.remove(OsStr::new(name)).unwrap_or_default();
        for layer in &revision.layers {
            for folder in folders {
                value = before(&layer.join(folder), &value);
            }
        }
        all.insert(name.into(), value);
    }
}

/// `20` of `nodejs20.x`.
fn major<'a>(runtime: &'a str, prefix: &str) -> &'a str {
    let rest = runtime.strip_prefix(prefix).unwrap_or_default();
    rest.split('.').next().unwrap_or_default()
}

fn before(path: &Path, rest: &OsStr) -> OsString {
    let mut joined = PathBuf::from(path).into_os_string();
    if !rest.is_empty() {
        joined.push(":");
        joined.push(rest);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision() -> Revision {
        Revision {
            function_name: "f".to_owned(),
            version: "$LATEST".to_owned(),
            runtime: "nodejs20.x".to_owned(),
            handler: "index.handler".to_owned(),
            code: "/code".into(),
            layers: vec!["/l1".into(), "/l2".into()],
            variables: vec![
                ("A".to_owned(), "1".to_owned()),
                ("AWS_REGION".to_owned(), "mars".to_owned()),
                ("AWS_ENDPOINT_URL_SQS".to_owned(), "https://else".to_owned()),
                ("NODE_PATH".to_owned(), "/own".to_owned()),
                ("a=b".to_owned(), "x".to_owned()),
                ("NUL".to_owned(), "\0".to_owned()),
            ],
            timeout_ms: 3_000,
            memory_mib: 256,
            region: "eu-west-1".to_owned(),
            account: "000000000000".to_owned(),
            log_group: "/aws/lambda/f".to_owned(),
            logs_json: false,
            log_level: None,
        }
    }

    fn of(revision: &Revision) -> BTreeMap<String, String> {
        with(revision, Settings::new(None, "http://127.0.0.1:4566".to_owned()))
    }

    fn with(revision: &Revision, settings: Settings) -> BTreeMap<String, String> {
        let (home, clients) = (Path::new("/scratch/1"), Path::new("/scratch/clients"));
        let interpreter = Some(Path::new("/n/bin/node"));
        let place = Place { api: "127.0.0.1:5", stream: "2026/11/21/[$LATEST]0", home, clients, interpreter };
        let text = |text: OsString| text.into_string().unwrap();
        variables(&settings, revision, &place)
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    #[test]
    fn the_environment_of_a_function_for_node() {
        let all = of(&revision());
        for (name, value) in [
            ("A", "1"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_ENDPOINT_URL_SQS", "https://else"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4566"),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs20.x"),
            ("AWS_ACCESS_KEY_ID", "000000000000"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:5"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0"),
            ("_HANDLER", "index.handler"),
            ("LAMBDA_TASK_ROOT", "/code"),
            ("HOME", "/scratch/1"),
            ("TMPDIR", "/scratch/1/tmp"),
            ("TZ", ":UTC"),
            (
                "NODE_PATH",
                "/l2/nodejs/node20/node_modules:/l2/nodejs/node_modules:/l1/nodejs/node20/node_modules:/l1/nodejs/node_modules:/own",
            ),
            ("LD_LIBRARY_PATH", "/l2/lib:/l1/lib:/code:/code/lib"),
        ] {
            assert_eq!(all.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(all["PATH"].starts_with("/l2/bin:/l1/bin:/n/bin:/usr/local/bin"));
        for name in ["a=b", "NUL", "USER", "NODE_OPTIONS", "AWS_LAMBDA_LOG_LEVEL"] {
            assert!(!all.contains_key(name), "{name}");
        }
    }

    #[test]
    fn credentials_of_the_account_else_the_first() {
        let key = |key: &str| (key.to_owned(), format!("of {key}"));
        for (credentials, expected) in [
            (vec![], ("000000000000", "local")),
            (vec![key("a"), key("b")], ("a", "of a")),
            (vec![key("a"), key("000000000000")], ("000000000000", "of 000000000000")),
        ] {
            let mut settings = Settings::new(None, String::new());
            settings.credentials = credentials;
            let all = with(&revision(), settings);
            assert_eq!((all["AWS_ACCESS_KEY_ID"].as_str(), all["AWS_SECRET_ACCESS_KEY"].as_str()), expected);
        }
    }

    #[test]
    fn what_depends_on_the_configuration() {
        let own = Revision { runtime: "provided.al2023".to_owned(), logs_json: true, ..revision() };
        let all = of(&own);
        assert!(!all.contains_key("AWS_EXECUTION_ENV"));
        assert_eq!(
            (all["AWS_LAMBDA_LOG_FORMAT"].as_str(), all["AWS_LAMBDA_LOG_LEVEL"].as_str()),
            ("JSON", "INFO")
        );
        let python = Revision { runtime: "python3.13".to_owned(), ..revision() };
        assert_eq!(
            of(&python)["PYTHONPATH"],
            "/l2/python:/l2/python/lib/python3.13/site-packages:/l1/python:/l1/python/lib/python3.13/site-packages:/scratch/clients"
        );
    }
}
