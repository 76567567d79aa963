//! Buckets that are directories: what is in them, and that nothing leads out of them.

use database::objects::{Bucket, Directory, ObjectError, Objects};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const BUCKET: Bucket<'_> = Bucket { name: "bucket", account: "000000000000" };

async fn put(objects: &Directory, key: &str, bytes: &str) -> Result<(), ObjectError> {
    let mut object = objects.create(BUCKET, key).await?;
    object.write(bytes.to_owned().into()).await?;
    object.finish().await?;
    Ok(())
}

async fn get(objects: &Directory, key: &str) -> Result<String, ObjectError> {
    let (mut object, mut bytes) = (objects.open(BUCKET, key).await?, Vec::new());
    while let Some(piece) = object.read().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

fn outside(root: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(root).unwrap().map(|found| found.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn objects_are_files_below_the_bucket() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("bucket")).unwrap();
    let objects = Directory::new(root.path().to_owned());
    for key in ["a", "b/c", "b/d/e", "bb"] {
        put(&objects, key, key).await.unwrap();
    }
    put(&objects, "a", &"long ".repeat(200_000)).await.unwrap();
    assert_eq!(get(&objects, "a").await.unwrap().len(), 1_000_000);
    assert_eq!(get(&objects, "b/d/e").await.unwrap(), "b/d/e");
    for (prefix, limit, expected) in [
        ("", 10, &["a", "b/c", "b/d/e", "bb"][..]),
        ("b", 10, &["b/c", "b/d/e", "bb"]),
        ("b/", 10, &["b/c", "b/d/e"]),
        ("b/d/e", 10, &["b/d/e"]),
        ("b/d/ef", 10, &[]),
        ("", 2, &["a", "b/c"]),
    ] {
        let listed = objects.list(BUCKET, prefix, limit).await.unwrap();
        let keys: Vec<&str> = listed.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys, expected, "{prefix}");
    }
    // One that is given up leaves nothing, and does not show before it is whole.
    let mut given_up = objects.create(BUCKET, "x/y").await.unwrap();
    given_up.write("part".to_owned().into()).await.unwrap();
    assert_eq!(objects.list(BUCKET, "x", 10).await.unwrap(), []);
    drop(given_up);
    assert_eq!(outside(&root.path().join("bucket/x")), Vec::<String>::new());
    assert_eq!(get(&objects, "x/y").await, Err(ObjectError::NoSuchKey("x/y".into())));
    assert_eq!(get(&objects, "b").await, Err(ObjectError::NoSuchKey("b".into())));
}

#[tokio::test]
async fn nothing_leads_out_of_a_bucket() {
    let root = tempfile::tempdir().unwrap();
    let place = |name: &str| root.path().join(name);
    fs::create_dir(place("bucket")).unwrap();
    fs::create_dir(place("secret")).unwrap();
    fs::write(place("secret/file"), "secret").unwrap();
    fs::write(place("file"), "secret").unwrap();
    symlink(place("secret"), place("bucket/link")).unwrap();
    symlink(place("secret/file"), place("bucket/file-link")).unwrap();
    symlink("/", place("linked")).unwrap();
    let objects = Directory::new(root.path().to_owned());
    let keys = [
        "../file",
        "a/../../file",
        "/etc/passwd",
        "link/file",
        "link/new/file",
        "file-link",
        "..",
        ".",
        "",
        "a//b",
        "./a",
        "a/",
        "a\\b",
        "a\0b",
    ];
    for key in keys {
        assert!(get(&objects, key).await.is_err(), "{key:?}");
    }
    for key in keys.into_iter().filter(|key| *key != "file-link") {
        assert!(put(&objects, key, "new").await.is_err(), "{key:?}");
    }
    // A link is replaced, and what it leads to is not.
    put(&objects, "file-link", "new").await.unwrap();
    assert_eq!(fs::read_to_string(place("secret/file")).unwrap(), "secret");
    assert_eq!(get(&objects, "file-link").await.unwrap(), "new");
    assert_eq!(outside(&place("secret")), ["file"]);
    assert_eq!(outside(root.path()), ["bucket", "file", "linked", "secret"]);
    let listed = objects.list(BUCKET, "", 10).await.unwrap();
    assert_eq!(listed.into_iter().map(|object| object.key).collect::<Vec<_>>(), ["file-link"]);
    for name in ["nowhere", "file", "..", ".", "", "../secret", "bucket/..", "linked"] {
        let bucket = Bucket { name, account: "000000000000" };
        let answer = objects.list(bucket, "", 10).await;
        assert_eq!(answer, Err(ObjectError::NoSuchBucket), "{name:?}");
    }
}
