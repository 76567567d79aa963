//! The engine: whatever fails and whenever the server ends, a stack is in the end what its template says or what it was.

use super::simulated::{State, Thing};
use super::{Site, ask, described, settled, status, within};
use crate::Stacks;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;
use store::Runner;

/// How long something may take that takes moments.
const DEADLINE: Duration = Duration::from_secs(30);

/// The things of a world, by physical id.
type Things = BTreeMap<String, Thing>;

/// A resource of a template: what it needs, a property that is changed in place, and one that needs another resource.
#[derive(Clone, Debug)]
struct Wanted {
    needs: Vec<usize>,
    version: u64,
    fifo: bool,
}

fn wanted(random: &environment::Random) -> BTreeMap<usize, Wanted> {
    let mut wanted = BTreeMap::new();
    let next = |below: u64| random.next_u64() % below;
    for place in 0..6 {
        if next(4) == 0 && place > 0 {
            continue;
        }
        let needs = wanted.keys().copied().filter(|_| next(3) == 0).collect();
        wanted.insert(place, Wanted { needs, version: next(3), fifo: next(2) == 0 });
    }
    wanted
}

fn template(wanted: &BTreeMap<usize, Wanted>) -> String {
    let mut text = "{\"Resources\":{".to_owned();
    for (place, (name, wanted)) in wanted.iter().enumerate() {
        let needs: Vec<String> =
            wanted.needs.iter().map(|needed| format!("{{\"Ref\":\"R{needed}\"}}")).collect();
        let _ = write!(
            text,
            "{}\"R{name}\":{{\"Type\":\"AWS::SQS::Queue\",\"Properties\":{{\"Needs\":[{}],\"FifoQueue\":{},\"DelaySeconds\":{}}}}}",
            if place == 0 { "" } else { "," },
            needs.join(","),
            wanted.fifo,
            wanted.version
        );
    }
    text.push_str("}}");
    text
}

/// Whether a world is what was wanted, and nothing else.
fn is(things: &Things, wanted: &BTreeMap<usize, Wanted>) -> bool {
    let mut by_name = BTreeMap::new();
    for (physical_id, thing) in things {
        if by_name.insert(thing.logical_id.clone(), (physical_id, thing)).is_some() {
            return false;
        }
    }
    by_name.len() == wanted.len()
        && wanted.iter().all(|(place, wanted)| {
            let Some((_, thing)) = by_name.get(&format!("R{place}")) else { return false };
            let needs: BTreeSet<String> = wanted
                .needs
                .iter()
                .filter_map(|needed| by_name.get(&format!("R{needed}")))
                .map(|(physical_id, _)| (*physical_id).clone())
                .collect();
            thing.needs == needs
                && thing.properties.contains(&format!("\"DelaySeconds\":{}", wanted.version))
                && thing.properties.contains(&format!("\"FifoQueue\":{}", wanted.fifo))
        })
}

/// Sends a request and waits until it is done, with servers that end after so many commits until the last, which does not.
fn live(
    site: &Site,
    lives: &[i64],
    members: &[(&str, &str)],
    stack: &str,
) -> Result<String, (String, String)> {
    for commits in lives.iter().chain(&[i64::MAX]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ended = runtime.block_on(async {
            let stacks = site.open();
            let left = &stacks.inner.ledger.commits_left;
            left.store(*commits, Ordering::SeqCst);
            let works = async {
                stacks.start().unwrap();
                ask(&stacks, members).await?;
                Ok(settled(&stacks, stack).await)
            };
            let dies = async {
                while left.load(Ordering::SeqCst) >= 0 {
                    environment::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                () = dies => None,
                done = works => Some(done),
            }
        });
        if let Some(done) = ended {
            return done;
        }
    }
    unreachable!("the last server does not end")
}

/// One random story of a stack.
fn story(seed: u64) {
    let site = Site::new(seed);
    let random = environment::Random::seeded(seed ^ 0x5eed);
    let below = |most: u64| random.next_u64() % most;
    let lives = || -> Vec<i64> { (0..below(4)).map(|_| i64::try_from(below(12)).unwrap()).collect() };
    let fail = |permille: u64| site.world.state().failing_permille = permille;
    let things = || site.world.state().things.clone();
    let sound = |what: &str| {
        let State { wrongs, .. } = &*site.world.state();
        assert!(wrongs.is_empty(), "seed {seed}: {what}: {wrongs:?}");
    };
    let first = wanted(&random);
    fail(below(3) * 100);
    let body = template(&first);
    let create = [
        ("Action", "CreateStack"),
        ("StackName", "S"),
        ("TemplateBody", &body),
        ("ClientRequestToken", "t0"),
    ];
    let created = live(&site, &lives(), &create, "S").unwrap();
    sound("create");
    match created.as_str() {
        "CREATE_COMPLETE" => assert!(is(&things(), &first), "seed {seed}: {:?}", things()),
        "ROLLBACK_COMPLETE" => return assert!(things().is_empty(), "seed {seed}: {:?}", things()),
        other => panic!("seed {seed}: {other}"),
    }
    for step in 1..4 {
        let (before, next) = (things(), wanted(&random));
        let (body, token) = (template(&next), format!("t{step}"));
        fail(below(4) * 80);
        let update = [
            ("Action", "UpdateStack"),
            ("StackName", "S"),
            ("TemplateBody", &body),
            ("ClientRequestToken", &token),
        ];
        let mut updated = match live(&site, &lives(), &update, "S") {
            Ok(updated) => updated,
            Err((_, message)) => {
                assert_eq!(message, "No updates are to be performed.", "seed {seed}");
                continue;
            }
        };
        fail(0);
        if updated == "UPDATE_ROLLBACK_FAILED" {
            let token = format!("c{step}");
            let go_on =
                [("Action", "ContinueUpdateRollback"), ("StackName", "S"), ("ClientRequestToken", &token)];
            updated = live(&site, &lives(), &go_on, "S").unwrap();
        }
        sound("update");
        match updated.as_str() {
            "UPDATE_COMPLETE" => assert!(is(&things(), &next), "seed {seed}, {step}: {:?}", things()),
            "UPDATE_ROLLBACK_COMPLETE" => assert_eq!(things(), before, "seed {seed}, {step}"),
            other => panic!("seed {seed}: {other}"),
        }
    }
    site.world.state().undeletable_permille = below(3) * 150;
    for attempt in 0..100 {
        let token = format!("d{attempt}");
        let delete = [("Action", "DeleteStack"), ("StackName", "S"), ("ClientRequestToken", &token)];
        if live(&site, &lives(), &delete, "S").unwrap() == "DELETE_FAILED" {
            site.world.state().undeletable_permille /= 2;
            continue;
        }
        break;
    }
    sound("delete");
    assert!(things().is_empty(), "seed {seed}: {:?}", things());
}

/// `TAILWATER_TIMES` tells more stories.
#[test]
fn a_stack_is_what_it_was_or_what_it_shall_be() {
    (0..environment::repeated(60)).for_each(story);
}

/// A server, and a stack of it that is made and settled.
async fn made(site: &Site, body: &str, more: &[(&str, &str)]) -> (Stacks, String) {
    let stacks = site.open();
    let create = [&[("Action", "CreateStack"), ("StackName", "S"), ("TemplateBody", body)], more].concat();
    let answer = ask(&stacks, &create).await.unwrap();
    settled(&stacks, "S").await;
    (stacks, within(&answer, "StackId").unwrap())
}

const TWO: &str = r#"{"Resources":{
    "A":{"Type":"AWS::SQS::Queue","DeletionPolicy":"POLICY","Properties":{"DelaySeconds":1}},
    "B":{"Type":"AWS::SQS::Queue","Properties":{"Needs":[{"Ref":"A"}]}}}}"#;

fn failing(site: &Site, names: &[&str]) {
    site.world.state().failing = names.iter().map(|name| (*name).to_owned()).collect();
}

#[tokio::test]
async fn what_is_done_when_a_creation_fails() {
    for (policy, more, expected, left) in [
        ("Delete", ("OnFailure", "ROLLBACK"), "ROLLBACK_COMPLETE", 0),
        ("Delete", ("OnFailure", "DO_NOTHING"), "CREATE_FAILED", 1),
        ("Delete", ("DisableRollback", "true"), "CREATE_FAILED", 1),
        ("Delete", ("OnFailure", "DELETE"), "DELETE_COMPLETE", 0),
        ("Retain", ("OnFailure", "ROLLBACK"), "ROLLBACK_COMPLETE", 1),
        ("Retain", ("RetainExceptOnCreate", "true"), "ROLLBACK_COMPLETE", 0),
        ("RetainExceptOnCreate", ("OnFailure", "ROLLBACK"), "ROLLBACK_COMPLETE", 0),
    ] {
        let site = Site::new(1);
        failing(&site, &["B"]);
        let (stacks, id) = made(&site, &TWO.replace("POLICY", policy), &[more]).await;
        assert_eq!(settled(&stacks, &id).await, expected, "{policy} {more:?}");
        assert_eq!(site.world.state().things.len(), left, "{policy} {more:?}");
        let events = ask(&stacks, &[("Action", "DescribeStackEvents"), ("StackName", &id)]).await.unwrap();
        assert!(events.contains("B cannot be made"), "{events}");
        assert!(events.contains("The following resource(s) failed to create: [B]."), "{events}");
        let gone = ask(&stacks, &[("Action", "DeleteStack"), ("StackName", &id)]).await;
        assert!(gone.is_ok());
        assert_eq!(settled(&stacks, &id).await, "DELETE_COMPLETE");
        assert_eq!(described(&stacks, "S").await, None);
    }
}

#[tokio::test]
async fn a_provider_that_panics_has_failed() {
    let site = Site::new(9);
    site.world.state().panicking.insert("B".to_owned());
    let (stacks, id) = made(&site, &TWO.replace("POLICY", "Delete"), &[]).await;
    assert_eq!(settled(&stacks, &id).await, "ROLLBACK_COMPLETE");
    let events = ask(&stacks, &[("Action", "DescribeStackEvents"), ("StackName", &id)]).await.unwrap();
    assert!(events.contains("Internal Failure"), "{events}");
    let panicked = site.environment.background.panicked();
    assert_eq!(panicked.iter().map(|one| one.name).collect::<Vec<_>>(), ["resource of a stack"]);
}

#[tokio::test]
async fn an_update_that_fails_without_rollback_can_be_mended_or_rolled_back() {
    for mend in [true, false] {
        let site = Site::new(2);
        let (stacks, _) = made(&site, &TWO.replace("POLICY", "Delete"), &[]).await;
        let before = site.world.state().things.clone();
        let changed = TWO
            .replace("POLICY", "Delete")
            .replace("\"DelaySeconds\":1", "\"DelaySeconds\":2")
            .replace(r#""Needs":["#, r#""FifoQueue":true,"Needs":["#);
        failing(&site, &["B"]);
        let update = [
            ("Action", "UpdateStack"),
            ("StackName", "S"),
            ("TemplateBody", changed.as_str()),
            ("DisableRollback", "true"),
        ];
        ask(&stacks, &update).await.unwrap();
        assert_eq!(settled(&stacks, "S").await, "UPDATE_FAILED");
        failing(&site, &[]);
        if mend {
            ask(&stacks, &update).await.unwrap();
            assert_eq!(settled(&stacks, "S").await, "UPDATE_COMPLETE");
            assert_eq!(site.world.state().things.len(), 2);
        } else {
            ask(&stacks, &[("Action", "RollbackStack"), ("StackName", "S")]).await.unwrap();
            assert_eq!(settled(&stacks, "S").await, "UPDATE_ROLLBACK_COMPLETE");
            assert_eq!(site.world.state().things, before);
        }
    }
}

#[tokio::test]
async fn what_is_to_be_kept_is_kept() {
    let site = Site::new(3);
    let (stacks, id) = made(&site, &TWO.replace("POLICY", "Retain"), &[]).await;
    let order = |site: &Site| site.world.state().done.join(" ");
    assert_eq!(order(&site), "+A +B");
    site.world.state().undeletable_permille = 1_000;
    ask(&stacks, &[("Action", "DeleteStack"), ("StackName", "S")]).await.unwrap();
    assert_eq!(settled(&stacks, "S").await, "DELETE_FAILED");
    let text = described(&stacks, "S").await.unwrap();
    assert_eq!(
        within(&text, "StackStatusReason").unwrap(),
        "The following resource(s) failed to delete: [B]. "
    );
    let delete = [("Action", "DeleteStack"), ("StackName", "S"), ("RetainResources.member.1", "B")];
    ask(&stacks, &delete).await.unwrap();
    assert_eq!(settled(&stacks, &id).await, "DELETE_COMPLETE");
    assert_eq!(site.world.state().things.len(), 2);
}

#[tokio::test]
async fn exports_in_use_stay() {
    let site = Site::new(4);
    let exporting = r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}},
        "Outputs":{"O":{"Value":{"Ref":"A"},"Export":{"Name":"out"}}}}"#;
    let (stacks, _) = made(&site, exporting, &[]).await;
    let importing = r#"{"Resources":{"B":{"Type":"AWS::SQS::Queue","Properties":{"Needs":[{"Fn::ImportValue":"out"}]}}}}"#;
    let create = [("Action", "CreateStack"), ("StackName", "T"), ("TemplateBody", importing)];
    ask(&stacks, &create).await.unwrap();
    assert_eq!(settled(&stacks, "T").await, "CREATE_COMPLETE");
    ask(&stacks, &[("Action", "DeleteStack"), ("StackName", "S")]).await.unwrap();
    let text = described(&stacks, "S").await.unwrap();
    assert_eq!(within(&text, "StackStatus").unwrap(), "CREATE_COMPLETE");
    let reason = within(&text, "StackStatusReason").unwrap();
    assert_eq!(reason, "Delete canceled. Cannot delete export out as it is in use by T.");
    let without = r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}"#;
    ask(&stacks, &[("Action", "UpdateStack"), ("StackName", "S"), ("TemplateBody", without)]).await.unwrap();
    assert_eq!(settled(&stacks, "S").await, "UPDATE_ROLLBACK_COMPLETE");
    let imports = ask(&stacks, &[("Action", "ListImports"), ("ExportName", "out")]).await.unwrap();
    assert!(imports.contains("<member>T</member>"), "{imports}");
    for name in ["T", "S"] {
        ask(&stacks, &[("Action", "DeleteStack"), ("StackName", name)]).await.unwrap();
        assert_eq!(settled(&stacks, name).await, "", "{name}");
    }
    assert!(site.world.state().things.is_empty() && site.world.state().wrongs.is_empty());
}

#[tokio::test]
async fn resources_that_are_there_are_imported() {
    let site = Site::new(5);
    let thing = Thing { logical_id: "A".to_owned(), properties: "{}".to_owned(), needs: BTreeSet::new() };
    site.world.state().things.insert("mine".to_owned(), thing);
    let stacks = site.open();
    let body = r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue","DeletionPolicy":"Retain","Properties":{"QueueName":"mine"}}}}"#;
    let create = [
        ("Action", "CreateChangeSet"),
        ("StackName", "S"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "IMPORT"),
        ("TemplateBody", body),
        ("ResourcesToImport.member.1.LogicalResourceId", "A"),
        ("ResourcesToImport.member.1.ResourceType", "AWS::SQS::Queue"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "QueueName"),
        ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", "mine"),
    ];
    ask(&stacks, &create).await.unwrap();
    let described =
        ask(&stacks, &[("Action", "DescribeChangeSet"), ("StackName", "S"), ("ChangeSetName", "c")]).await;
    assert!(described.unwrap().contains("<Action>Import</Action>"));
    ask(&stacks, &[("Action", "ExecuteChangeSet"), ("StackName", "S"), ("ChangeSetName", "c")])
        .await
        .unwrap();
    assert_eq!(settled(&stacks, "S").await, "IMPORT_COMPLETE");
    assert_eq!(site.world.state().done.join(" "), "=A");
    assert_eq!(status(&stacks, "S").await, "IMPORT_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_begins_when_a_stack_has_just_settled_is_done() {
    let site = Site::new(11);
    let stacks = site.open();
    // So many that it takes a while to look whether anything is left to do.
    let queues: Vec<String> =
        (0..60).map(|nth| format!(r#""Q{nth}":{{"Type":"AWS::SQS::Queue"}}"#)).collect();
    let body = format!(r#"{{"Resources":{{{}}}}}"#, queues.join(","));
    for round in 0..40 {
        let name = format!("S{round}");
        let create = [("Action", "CreateStack"), ("StackName", &*name), ("TemplateBody", &*body)];
        let id = within(&ask(&stacks, &create).await.unwrap(), "StackId").unwrap();
        stacks.settled(&id).await.unwrap();
        ask(&stacks, &[("Action", "DeleteStack"), ("StackName", &name)]).await.unwrap();
        let done = tokio::time::timeout(DEADLINE, stacks.settled(&id)).await;
        assert!(done.is_ok(), "in round {round} nobody works on the stack");
    }
    assert!(site.world.state().things.is_empty());
}

#[tokio::test]
async fn a_stack_is_made_although_its_client_has_gone() {
    let site = Site::new(12);
    // Commits that take a moment, as on a disk.
    let runner = Runner::grouped(Arc::clone(&site.store), &site.environment).unwrap();
    let stacks = site.open_on(runner);
    let body = TWO.replace("POLICY", "Delete");
    {
        let create = [("Action", "CreateStack"), ("StackName", "S"), ("TemplateBody", body.as_str())];
        let mut asked = std::pin::pin!(ask(&stacks, &create));
        std::future::poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending())).await;
    }
    let made = async {
        while status(&stacks, "S").await != "CREATE_COMPLETE" {
            environment::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, made).await.is_ok(), "nobody makes the stack");
}

/// Makes a stack of this name and template, and has the stack `S` deleted when there are so many things: the deletion waits for the
/// lock, and the engine does so after it, to say that all of the new stack is made.
async fn created_beside_delete(
    site: &Site,
    stacks: &Stacks,
    (name, body): (&str, &str),
    things: usize,
) -> String {
    let create = [("Action", "CreateStack"), ("StackName", name), ("TemplateBody", body)];
    let id = within(&ask(stacks, &create).await.unwrap(), "StackId").unwrap();
    let alone = stacks.inner.control.lock().await;
    let service = stacks.clone();
    let deleting =
        environment::spawn(
            async move { ask(&service, &[("Action", "DeleteStack"), ("StackName", "S")]).await },
        );
    while site.world.state().things.len() < things {
        environment::yield_now().await;
    }
    for _ in 0..100 {
        environment::yield_now().await;
    }
    drop(alone);
    deleting.await.unwrap().unwrap();
    id
}

#[tokio::test]
async fn a_stack_that_is_deleted_while_the_last_of_it_is_made_is_deleted() {
    let site = Site::new(13);
    let stacks = site.open();
    let mut wanted: BTreeMap<usize, Wanted> = BTreeMap::new();
    for place in 0..10_usize {
        let needs = place.checked_sub(1).into_iter().collect();
        wanted.insert(place, Wanted { needs, version: 1, fifo: false });
    }
    let body = template(&wanted);
    let id = created_beside_delete(&site, &stacks, ("S", &body), wanted.len()).await;
    assert_eq!(settled(&stacks, &id).await, "DELETE_COMPLETE");
    assert!(site.world.state().things.is_empty());
}

/// Updates the only stack, which must be done, whatever comes of it.
async fn updated(stacks: &Stacks, body: &str, more: &[(&str, &str)]) -> String {
    let update = [&[("Action", "UpdateStack"), ("StackName", "S"), ("TemplateBody", body)], more].concat();
    ask(stacks, &update).await.unwrap();
    settled(stacks, "S").await
}

#[tokio::test]
async fn an_update_with_which_nothing_was_done_leaves_nothing_to_take_back() {
    let delayed = "\"DelaySeconds\":1";
    for (unfit, reason) in [
        ("\"DelaySeconds\":\"{{resolve:ssm:none}}\"", "cannot be found in the parameter store"),
        ("\"DelaySeconds\":2,\"Unfit\":1", "extraneous key [Unfit] is not permitted"),
    ] {
        let site = Site::new(14);
        let body = TWO.replace("POLICY", "Delete");
        let (stacks, _) = made(&site, &body, &[]).await;
        let before = site.world.state().things.clone();
        let status = updated(&stacks, &body.replace(delayed, unfit), &[]).await;
        assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE", "{unfit}");
        let events = ask(&stacks, &[("Action", "DescribeStackEvents"), ("StackName", "S")]).await.unwrap();
        assert!(events.contains(reason), "{events}");
        assert_eq!(site.world.state().things, before);
        assert_eq!(site.world.state().done.join(" "), "+A +B", "{unfit}");
    }
}

#[tokio::test]
async fn what_references_give_is_bounded() {
    let site = Site::new(15);
    let body = TWO.replace("POLICY", "Delete").replace("\"DelaySeconds\":1", "\"Long\":\"REFERENCES\"");
    let (stacks, id) =
        made(&site, &body.replace("REFERENCES", &"{{resolve:ssm:long}}".repeat(128)), &[]).await;
    assert_eq!(settled(&stacks, &id).await, "CREATE_COMPLETE");
    let status =
        updated(&stacks, &body.replace("REFERENCES", &"{{resolve:ssm:long}}".repeat(129)), &[]).await;
    assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE");
    let events = ask(&stacks, &[("Action", "DescribeStackEvents"), ("StackName", "S")]).await.unwrap();
    assert!(events.contains("give more than 1048576 bytes"), "{events}");
}

#[tokio::test]
async fn after_an_update_that_failed_whatever_it_may_have_done_is_changed() {
    let site = Site::new(16);
    let body = |delay: u64, size: u64| {
        TWO.replace("POLICY", "Delete")
            .replace("\"DelaySeconds\":1", &format!("\"DelaySeconds\":{delay},\"MaximumMessageSize\":{size}"))
    };
    let (stacks, _) = made(&site, &body(1, 1), &[]).await;
    let properties =
        |delay: u64, size: u64| format!("{{\"DelaySeconds\":{delay},\"MaximumMessageSize\":{size}}}");
    let without_rollback = [("DisableRollback", "true")];
    failing(&site, &["A"]);
    assert_eq!(updated(&stacks, &body(2, 1), &without_rollback).await, "UPDATE_FAILED");
    // The delay is to be as it was, and may be otherwise by now.
    assert_eq!(updated(&stacks, &body(1, 2), &without_rollback).await, "UPDATE_FAILED");
    // Now either may be.
    failing(&site, &[]);
    assert_eq!(updated(&stacks, &body(1, 1), &without_rollback).await, "UPDATE_COMPLETE");
    let changes = site.world.state().changes.clone();
    let expected = [
        (properties(1, 1), properties(2, 1)),
        (properties(2, 1), properties(1, 2)),
        (properties(2, 2), properties(1, 1)),
    ];
    assert_eq!(changes, expected);
}

#[tokio::test]
async fn a_stack_whose_import_has_gone_meanwhile_is_not_made() {
    let site = Site::new(17);
    let exporting = r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}},
        "Outputs":{"O":{"Value":{"Ref":"A"},"Export":{"Name":"out"}}}}"#;
    let (stacks, exporter) = made(&site, exporting, &[]).await;
    // Each needs the one before it, so that it takes a while.
    let first =
        r#""B0":{"Type":"AWS::SQS::Queue","Properties":{"Delay":{"Fn::ImportValue":"out"}}}"#.to_owned();
    let others = (1..10).map(|nth| {
        let before = nth - 1;
        format!(r#""B{nth}":{{"Type":"AWS::SQS::Queue","Properties":{{"Needs":[{{"Ref":"B{before}"}}]}}}}"#)
    });
    let resources: Vec<String> = std::iter::once(first).chain(others).collect();
    let importing = format!(r#"{{"Resources":{{{}}}}}"#, resources.join(","));
    let id = created_beside_delete(&site, &stacks, ("T", &importing), 11).await;
    assert_eq!(settled(&stacks, &exporter).await, "DELETE_COMPLETE");
    assert_eq!(settled(&stacks, &id).await, "ROLLBACK_COMPLETE");
    let events = ask(&stacks, &[("Action", "DescribeStackEvents"), ("StackName", &id)]).await.unwrap();
    assert!(events.contains("No export named out found."), "{events}");
}

#[tokio::test]
async fn what_an_update_that_fails_has_made_goes_unless_it_is_to_be_kept() {
    let with = |policy: &str| {
        format!(
            r#"{{"Resources":{{"A":{{"Type":"AWS::SQS::Queue"}},"C":{{"Type":"AWS::SQS::Queue","DeletionPolicy":"{policy}"}},
            "B":{{"Type":"AWS::SQS::Queue","Properties":{{"Needs":[{{"Ref":"C"}}]}}}}}}}}"#
        )
    };
    for (policy, deletes, left) in [
        ("Delete", "false", "A"),
        ("RetainExceptOnCreate", "false", "A"),
        ("Retain", "true", "A"),
        ("Retain", "false", "A C"),
    ] {
        let site = Site::new(18);
        let (stacks, _) = made(&site, r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}"#, &[]).await;
        failing(&site, &["B"]);
        let status = updated(&stacks, &with(policy), &[("RetainExceptOnCreate", deletes)]).await;
        assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE");
        let names: Vec<String> =
            site.world.state().things.values().map(|thing| thing.logical_id.clone()).collect();
        assert_eq!(names.join(" "), left, "{policy} {deletes}");
        let events = ask(&stacks, &[("Action", "DescribeStackEvents"), ("StackName", "S")]).await.unwrap();
        assert_eq!(events.contains("DELETE_SKIPPED"), left == "A C", "{events}");
    }
}
