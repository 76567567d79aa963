//! Code that is run where it is written.

use super::*;

/// How soon after a change the next call runs the new code.
const DEADLINE: Duration = Duration::from_millis(200);

async fn code(rig: &Rig) -> Value {
    rig.invoke("f/invocations", json!({})).await.1["code"].clone()
}

fn write(directory: &Path, text: &str) {
    std::fs::write(directory.join("index.js"), text).unwrap();
}

async fn add(rig: &Rig, directory: &Path) -> Value {
    let question = json!({
        "FunctionName": "f",
        "Directory": directory,
        "Handler": "index.handler",
        "Runtime": "nodejs22.x",
    });
    rig.api.add_directory(&owner(), question.to_string().as_bytes()).await.unwrap()
}

#[tokio::test]
async fn a_change_counts_from_the_next_call_on() {
    use crate::invoke::Invoke;
    let rig = rig_with(Environment::system());
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "first");
    let told = rig.functions.changed(&arn("f"));
    let added = add(&rig, root).await;
    assert_eq!(
        (&added["State"], &added["Role"]),
        (&json!("Active"), &json!("arn:aws:iam::000000000000:role/local"))
    );
    told.await;
    assert_eq!(code(&rig).await, "first");
    // It is watched once it was looked at after it was added; until then a change is seen by that look.
    let clock = &rig.environment.clock;
    let mut spans = Vec::new();
    for round in 0..5 {
        let text = format!("round {round}");
        let told = rig.functions.changed(&arn("f"));
        let start = clock.machine();
        write(root, &text);
        told.await;
        eventually("the new code runs", async || code(&rig).await == text.as_str()).await;
        spans.push(clock.machine() - start);
    }
    spans.sort();
    // The median, since this machine may have other things to do.
    assert!(spans[2] < DEADLINE, "{spans:?}");
}

#[tokio::test]
async fn deeper_directories_count_but_not_what_is_installed() {
    let rig = rig_with(Environment::system());
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "first");
    std::fs::create_dir_all(root.join("node_modules/a")).unwrap();
    add(&rig, root).await;
    code(&rig).await;
    let revisions = || rig.engine.revisions.lock().unwrap().len();
    std::fs::create_dir_all(root.join("lib/new")).unwrap();
    eventually("a new directory is watched", async || {
        let before = revisions();
        std::fs::write(root.join("lib/new/a.js"), "x").unwrap();
        rig.environment.clock.sleep(Duration::from_millis(80)).await;
        code(&rig).await;
        revisions() > before
    })
    .await;
    // All that was told is done: nothing is started any more.
    eventually("it is quiet", async || {
        let before = revisions();
        rig.environment.clock.sleep(Duration::from_millis(150)).await;
        revisions() == before
    })
    .await;
    let before = revisions();
    std::fs::write(root.join("node_modules/a/index.js"), "x").unwrap();
    std::fs::read_dir(root).unwrap().count();
    rig.environment.clock.sleep(Duration::from_millis(150)).await;
    code(&rig).await;
    assert_eq!(revisions(), before);
}

#[tokio::test]
async fn clients_name_directories_only_where_they_may() {
    let rig = rig();
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "mine");
    let mut wanted = request("f");
    wanted["Code"] = json!({ "S3Bucket": "hot-reload", "S3Key": directory.path() });
    assert_eq!(rig.ask("POST", FUNCTIONS, wanted.clone()).await.0, 201);
    assert_eq!(code(&rig).await, "mine");
    wanted["FunctionName"] = json!("g");
    for (key, told) in [
        ("src", "src is not the absolute path of a directory."),
        ("/does/not/exist", "/does/not/exist is not a directory"),
    ] {
        wanted["Code"]["S3Key"] = json!(key);
        let (status, body) = rig.ask("POST", FUNCTIONS, wanted.clone()).await;
        assert!(status == 400 && body["message"].as_str().unwrap().starts_with(told), "{body}");
    }
}
