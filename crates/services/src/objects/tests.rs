//! Objects: whole and in parts, read while they are replaced, over crashes and full disks.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::task::Poll;
use store::{Durability, Embedded, EmbeddedOptions, Memory, Store};
use tempfile::TempDir;

const ACCOUNT: &str = "000000000000";

/// A store of objects in memory, with its files in a directory of the test.
struct World {
    objects: Objects,
    directory: TempDir,
    bucket: BucketName,
}

fn open_on(store: Arc<AnyStore>, files: &Path, environment: &Environment) -> Objects {
    let place = Place::Directory { path: files.to_owned(), sync: true, undo_ms: 0, free_bytes_min: 0 };
    open_at(store, place, environment)
}

fn open_at(store: Arc<AnyStore>, place: Place, environment: &Environment) -> Objects {
    let space = store.spaces().into_iter().min();
    let space = space.unwrap_or_else(|| store.create_space().unwrap());
    let runner = Runner::new(store, environment).unwrap();
    let options = Options { place, shared: false };
    Objects::open(runner, space, options, environment.clone()).unwrap()
}

impl World {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let environment = Environment::simulated(7, 1_000_000);
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        let objects = open_on(store, &directory.path().join("objects"), &environment);
        let bucket = BucketName::new("bucket").unwrap();
        objects.create_bucket(&bucket, ACCOUNT, "us-east-1").await.unwrap();
        Self { objects, directory, bucket }
    }

    fn at<'a>(&'a self, key: &'a ObjectKey) -> Address<'a> {
        Address { account: ACCOUNT, bucket: &self.bucket, key }
    }

    async fn put(&self, key: &str, bytes: &[u8]) -> Object {
        put(&self.objects, &self.bucket, key, bytes, Condition::default()).await.unwrap()
    }

    async fn get(&self, key: &str) -> Result<Vec<u8>, ObjectsError> {
        let (_, reader) = self.objects.open_object(self.at(&named(key)))?;
        Ok(read(reader).await)
    }

    fn files(&self) -> usize {
        files_in(&self.directory.path().join("objects"))
    }
}

async fn put(
    objects: &Objects,
    bucket: &BucketName,
    key: &str,
    bytes: &[u8],
    condition: Condition,
) -> Result<Object, ObjectsError> {
    let written = write(objects, bytes).await;
    let key = named(key);
    let at = Address { account: ACCOUNT, bucket, key: &key };
    objects.put(at, written, Attributes::content_type("text/plain"), condition).await
}

async fn write(objects: &Objects, bytes: &[u8]) -> Written {
    let mut writer = objects.create(None);
    for piece in bytes.chunks(100_000) {
        writer.write(piece.to_vec().into()).await.unwrap();
    }
    writer.finish().await.unwrap()
}

async fn read(mut reader: Reader) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    bytes
}

fn named(key: &str) -> ObjectKey {
    ObjectKey::new(key).unwrap()
}

fn files_in(directory: &Path) -> usize {
    let Ok(directories) = std::fs::read_dir(directory) else { return 0 };
    directories.map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap().count()).sum()
}

/// So many bytes that do not repeat soon.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

#[tokio::test]
async fn an_object_is_read_as_it_was_written_whole_and_in_part() {
    let world = World::new().await;
    for length in [0, 1, 262_144, 700_001, 1_300_000] {
        let written = bytes(length);
        let object = world.put("key", &written).await;
        assert_eq!(object.size, length as u64);
        assert_eq!(world.get("key").await.unwrap(), written);
        for (from, to) in [(0, 1), (262_143, 262_145), (length / 2, length), (length, length)] {
            let (_, reader) = world.objects.open_object(world.at(&named("key"))).unwrap();
            let (from, to) = (from.min(length), to.min(length));
            assert_eq!(read(reader.range(from as u64, to as u64)).await, &written[from..to]);
        }
    }
    assert_eq!(world.put("a", b"hello").await.etag, "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(world.files(), 2);
}

#[tokio::test]
async fn what_is_replaced_or_deleted_stays_for_who_reads_it_and_then_goes() {
    let world = World::new().await;
    let (old, new) = (bytes(900_000), bytes(5));
    world.put("key", &old).await;
    let (_, reader) = world.objects.open_object(world.at(&named("key"))).unwrap();
    world.put("key", &new).await;
    assert_eq!(world.files(), 2);
    assert_eq!(read(reader).await, old);
    assert_eq!(world.files(), 1);
    let (_, reader) = world.objects.open_object(world.at(&named("key"))).unwrap();
    assert!(world.objects.delete(world.at(&named("key")), Condition::default()).await.unwrap());
    assert!(!world.objects.delete(world.at(&named("key")), Condition::default()).await.unwrap());
    assert!(matches!(world.get("key").await, Err(ObjectsError::NoSuchKey)));
    drop(reader);
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn what_is_not_finished_or_refused_leaves_nothing() {
    let world = World::new().await;
    let mut writer = world.objects.create(None);
    writer.write(bytes(2_000_000).into()).await.unwrap();
    drop(writer.finish().await.unwrap());
    world.put("key", b"old").await;
    let refused = [
        Condition { absent: true, matches: None },
        Condition { absent: false, matches: Some("other".into()) },
    ];
    for condition in refused {
        let answer = put(&world.objects, &world.bucket, "key", b"new", condition).await;
        assert!(matches!(answer, Err(ObjectsError::PreconditionFailed)), "{answer:?}");
    }
    let nowhere = BucketName::new("nowhere").unwrap();
    let answer = put(&world.objects, &nowhere, "key", b"new", Condition::default()).await;
    assert!(matches!(answer, Err(ObjectsError::NoSuchBucket)));
    assert_eq!(world.get("key").await.unwrap(), b"old");
    assert_eq!(world.files(), 1);
    // One that is dropped while it is written to is deleted by whoever writes.
    let mut writer = world.objects.create(None);
    writer.write(bytes(2_000_000).into()).await.unwrap();
    drop(writer);
    let clock = Environment::system().clock;
    let deadline = clock.machine() + std::time::Duration::from_secs(10);
    while world.files() > 1 {
        assert!(clock.machine() < deadline, "a file stays");
        environment::yield_now().await;
    }
}

#[tokio::test]
async fn after_a_crash_there_is_the_old_object_or_the_new_one_and_nothing_else() {
    let directory = TempDir::new().unwrap();
    let (data, files) = (directory.path().join("data"), directory.path().join("objects"));
    let environment = Environment::simulated(7, 1_000_000);
    let bucket = BucketName::new("bucket").unwrap();
    let open = || {
        let options = EmbeddedOptions { durability: Durability::Sync, ..EmbeddedOptions::default() };
        let store = Embedded::open(&data, options, &environment).unwrap();
        open_on(Arc::new(AnyStore::Embedded(store)), &files, &environment)
    };
    let objects = open();
    objects.create_bucket(&bucket, ACCOUNT, "us-east-1").await.unwrap();
    put(&objects, &bucket, "kept", &bytes(300_000), Condition::default()).await.unwrap();
    put(&objects, &bucket, "replaced", b"old", Condition::default()).await.unwrap();
    put(&objects, &bucket, "replaced", b"new", Condition::default()).await.unwrap();
    let key = named("parts");
    let at = Address { account: ACCOUNT, bucket: &bucket, key: &key };
    let id = objects.begin_upload(at, Attributes::default(), None).await.unwrap();
    let part = PartNumber::new(1).unwrap();
    objects.put_part(at, &id, part, write(&objects, b"part").await).await.unwrap();
    // The process ends here: what is written stays, whatever would have deleted it does not run.
    std::mem::forget(write(&objects, &bytes(400_000)).await);
    drop(objects);
    assert_eq!(files_in(&files), 4);
    std::fs::write(files.join("notes.txt"), "not ours").unwrap();
    let objects = open();
    assert_eq!(std::fs::read(files.join("notes.txt")).unwrap(), b"not ours");
    std::fs::remove_file(files.join("notes.txt")).unwrap();
    assert_eq!(files_in(&files), 3);
    for (key, expected) in [("kept", bytes(300_000)), ("replaced", b"new".to_vec())] {
        let key = named(key);
        let at = Address { account: ACCOUNT, bucket: &bucket, key: &key };
        assert_eq!(read(objects.open_object(at).unwrap().1).await, expected);
    }
    assert_eq!(objects.parts(at, &id, None, 10).unwrap().len(), 1);
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_nothing() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    let path = directory.path().to_owned();
    let place = Place::Directory { path, sync: true, undo_ms: 0, free_bytes_min: u64::MAX };
    let objects = open_at(store, place, &Environment::simulated(7, 0));
    let mut writer = objects.create(None);
    writer.write(bytes(10).into()).await.unwrap();
    let refused = writer.finish().await.unwrap_err();
    assert!(
        matches!(&refused, ObjectsError::Files(error) if error.kind() == std::io::ErrorKind::StorageFull)
    );
    assert_eq!(files_in(directory.path()), 0);
}

#[tokio::test]
async fn what_power_loss_may_bring_back_keeps_its_bytes() {
    let directory = TempDir::new().unwrap();
    let environment = Environment::simulated(7, 1_000_000);
    let path = directory.path().to_owned();
    let place = Place::Directory { path, sync: true, undo_ms: 5_000, free_bytes_min: 0 };
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    let objects = open_at(store, place, &environment);
    let bucket = BucketName::new("bucket").unwrap();
    objects.create_bucket(&bucket, ACCOUNT, "us-east-1").await.unwrap();
    let replace = || put(&objects, &bucket, "key", b"bytes", Condition::default());
    for files in 1..4 {
        replace().await.unwrap();
        assert_eq!(files_in(directory.path()), files);
    }
    // What was refused was never named.
    let absent = Condition { absent: true, matches: None };
    put(&objects, &bucket, "key", b"bytes", absent).await.unwrap_err();
    assert_eq!(files_in(directory.path()), 3);
    environment.clock.pass(std::time::Duration::from_millis(4_999));
    replace().await.unwrap();
    assert_eq!(files_in(directory.path()), 4);
    environment.clock.pass(std::time::Duration::from_millis(1));
    replace().await.unwrap();
    assert_eq!(files_in(directory.path()), 3);
}

#[tokio::test]
async fn an_object_in_parts_is_made_of_those_named() {
    let world = World::new().await;
    let key = named("key");
    let at = world.at(&key);
    let number = |number| PartNumber::new(number).unwrap();
    let id = world.objects.begin_upload(at, Attributes::default(), None).await.unwrap();
    let (first, last) = (bytes(5 << 20), bytes(1_000));
    let mut finished = Vec::new();
    for (part, bytes) in [(1, &first), (2, &last), (3, &last), (7, &last)] {
        let part =
            world.objects.put_part(at, &id, number(part), write(&world.objects, bytes).await).await.unwrap();
        finished.push(Finished { number: part.number, etag: part.etag, checksum: None });
    }
    finished.remove(1);
    let swapped: Vec<Finished> = finished.iter().rev().cloned().collect();
    let small = vec![finished[1].clone(), finished[2].clone()];
    let missing = vec![Finished { number: number(9), ..finished[0].clone() }];
    let done = |parts| world.objects.complete_upload(at, &id, Assembly { parts, ..Assembly::default() });
    assert!(matches!(done(swapped).await, Err(ObjectsError::InvalidPartOrder)));
    assert!(matches!(done(small).await, Err(ObjectsError::EntityTooSmall)));
    assert!(matches!(done(missing).await, Err(ObjectsError::InvalidPart)));
    assert!(matches!(done(Vec::new()).await, Err(ObjectsError::InvalidPart)));
    finished.pop();
    let object = done(finished.clone()).await.unwrap();
    assert_eq!(object.size, (5 << 20) + 1_000);
    assert!(object.etag.ends_with("-2"), "{}", object.etag);
    assert_eq!(object.part_range(2), Some((5 << 20, (5 << 20) + 1_000)));
    let whole = world.put("whole", &[&first[..], &last].concat()).await;
    assert_eq!(object.checksum, whole.checksum);
    assert_eq!(world.get("key").await.unwrap(), world.get("whole").await.unwrap());
    assert!(matches!(done(finished).await, Err(ObjectsError::NoSuchUpload)));
    assert_eq!(world.files(), 3);
    let id = world.objects.begin_upload(at, Attributes::default(), None).await.unwrap();
    world.objects.put_part(at, &id, number(1), write(&world.objects, b"a").await).await.unwrap();
    assert_eq!(world.objects.uploads(&world.bucket, ACCOUNT, "k", None).unwrap().len(), 1);
    world.objects.abort_upload(at, &id).await.unwrap();
    assert!(matches!(world.objects.abort_upload(at, &id).await, Err(ObjectsError::NoSuchUpload)));
    assert_eq!(world.files(), 3);
}

#[tokio::test]
async fn a_bucket_belongs_to_an_account_and_goes_when_it_is_empty() {
    let world = World::new().await;
    let (objects, bucket) = (&world.objects, &world.bucket);
    let other = "111111111111";
    assert!(matches!(objects.bucket(bucket, other), Err(ObjectsError::AccessDenied)));
    let made = objects.create_bucket(bucket, other, "us-east-1").await;
    assert!(matches!(made, Err(ObjectsError::BucketAlreadyExists)));
    let made = objects.create_bucket(bucket, ACCOUNT, "us-east-1").await;
    assert!(matches!(made, Err(ObjectsError::BucketAlreadyOwnedByYou)));
    assert!(objects.buckets(other).unwrap().is_empty());
    objects.set_bucket(bucket, ACCOUNT, "cors", Some("<x/>".into())).await.unwrap();
    assert_eq!(objects.bucket(bucket, ACCOUNT).unwrap().settings["cors"], "<x/>");
    world.put("key", b"x").await;
    assert!(matches!(objects.delete_bucket(bucket, ACCOUNT).await, Err(ObjectsError::BucketNotEmpty)));
    objects.delete_all(bucket, ACCOUNT, &[named("key"), named("key"), named("none")]).await.unwrap();
    let key = named("key");
    let id = objects.begin_upload(world.at(&key), Attributes::default(), None).await.unwrap();
    let number = PartNumber::new(1).unwrap();
    objects.put_part(world.at(&key), &id, number, write(objects, b"a").await).await.unwrap();
    objects.delete_bucket(bucket, ACCOUNT).await.unwrap();
    assert!(matches!(objects.bucket(bucket, ACCOUNT), Err(ObjectsError::NoSuchBucket)));
    assert_eq!(world.files(), 0);
    objects.create_bucket(bucket, other, "us-east-1").await.unwrap();
    assert!(objects.bucket(bucket, other).unwrap().settings.is_empty());
}

#[tokio::test]
async fn a_bucket_is_deleted_with_all_files_although_the_client_has_gone() {
    let directory = TempDir::new().unwrap();
    let environment = Environment::simulated(7, 1_000_000);
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    let space = store.create_space().unwrap();
    // Commits that take a moment, as on a disk.
    let runner = Runner::grouped(store, &environment).unwrap();
    let place =
        Place::Directory { path: directory.path().to_owned(), sync: true, undo_ms: 0, free_bytes_min: 0 };
    let options = Options { place, shared: false };
    let objects = Objects::open(runner, space, options, environment).unwrap();
    let (bucket, key) = (BucketName::new("bucket").unwrap(), named("key"));
    objects.create_bucket(&bucket, ACCOUNT, "us-east-1").await.unwrap();
    let at = Address { account: ACCOUNT, bucket: &bucket, key: &key };
    let id = objects.begin_upload(at, Attributes::default(), None).await.unwrap();
    let number = PartNumber::new(1).unwrap();
    objects.put_part(at, &id, number, write(&objects, b"part").await).await.unwrap();
    {
        let mut deleting = std::pin::pin!(objects.delete_bucket(&bucket, ACCOUNT));
        std::future::poll_fn(|context| Poll::Ready(deleting.as_mut().poll(context).is_pending())).await;
    }
    let clock = Environment::system().clock;
    let deadline = clock.machine() + std::time::Duration::from_secs(10);
    while objects.bucket(&bucket, ACCOUNT).is_ok() || files_in(directory.path()) > 0 {
        assert!(clock.machine() < deadline, "the bucket or a file stays");
        environment::yield_now().await;
    }
}

/// What a listing without pages would answer.
fn model(keys: &BTreeSet<String>, prefix: &str, delimiter: Option<&str>) -> Vec<String> {
    let mut names = BTreeMap::new();
    for key in keys.iter().filter(|key| key.starts_with(prefix)) {
        let rest = &key[prefix.len()..];
        let end = delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
        names.insert(key[..prefix.len() + end.unwrap_or(rest.len())].to_owned(), ());
    }
    names.into_keys().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(48) as u32))]
    #[test]
    fn pages_are_the_listing_cut_up(
        keys in prop::collection::btree_set("[ab/]{1,5}", 0..20),
        prefix in "[ab/]{0,2}",
        delimiter in prop::option::of(prop::sample::select(vec!["/", "b", "//"])),
        count in 1_usize..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            for key in &keys {
                world.put(key, b"").await;
            }
            let mut listing = Listing {
                prefix: prefix.clone(), delimiter: delimiter.map(str::to_owned), from: Bound::Unbounded, count,
            };
            let mut names = Vec::new();
            loop {
                let page = world.objects.list(&world.bucket, ACCOUNT, &listing).unwrap();
                prop_assert!(page.entries.len() <= count);
                prop_assert!(page.next.is_none() || page.entries.len() == count);
                names.extend(page.entries.iter().map(|entry| entry.name().to_owned()));
                let Some(next) = page.next else { break };
                listing.from = next;
            }
            prop_assert_eq!(names, model(&keys, &prefix, delimiter));
            Ok(())
        })?;
    }
}
