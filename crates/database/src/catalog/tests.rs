//! Tables of many accounts, and those who were fenced off one.

use super::*;
use crate::descriptor::{Attribute, Billing, Keys, Scalar, Throughput};
use store::{Fence, SpaceId};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

fn descriptor(id: u64, account: &str, region: &str) -> TableDescriptor {
    TableDescriptor {
        id,
        uuid: id.to_string(),
        account: account.into(),
        region: region.into(),
        name: "tab".into(),
        created_ms: 0,
        attributes: vec![Attribute { name: "pk".into(), kind: Scalar::S }],
        keys: Keys { partition: vec!["pk".into()], sort: Vec::new() },
        indexes: Vec::new(),
        next_index: 1,
        space: 1,
        log: id,
        epoch: 0,
        billing: Billing { on_demand: true, on_demand_since_ms: None },
        throughput: Throughput::default(),
        on_demand: None,
        warm: None,
        stream: None,
        time_to_live: None,
        tags: Vec::new(),
        deletion_protection: false,
        class: None,
        encryption: None,
        recovery: None,
        insights: Vec::new(),
        policies: Vec::new(),
        destinations: Vec::new(),
        restore: None,
        import: None,
    }
}

fn install(catalog: &Catalog, descriptor: &TableDescriptor) -> Arc<Table> {
    let table = Arc::new(descriptor.table(SpaceId(0), None, None));
    Arc::clone(&catalog.install(Entry { descriptor: descriptor.clone(), table }).table)
}

#[tokio::test]
async fn whoever_was_fenced_off_waits_for_the_next_epoch() {
    let catalog = Arc::new(Catalog::new(false));
    let mut descriptor = descriptor(1, "1", "r");
    let old = install(&catalog, &descriptor);
    let waiting = environment::spawn({
        let (catalog, old) = (Arc::clone(&catalog), Arc::clone(&old));
        async move { catalog.newer_than(&old).await }
    });
    tokio::task::yield_now().await;
    // The same epoch again, as after a change of tags, is no news.
    install(&catalog, &descriptor);
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    descriptor.epoch = 1;
    install(&catalog, &descriptor);
    assert_eq!(waiting.await.unwrap().unwrap().epoch, Fence(1));
    assert_eq!(catalog.newer_than(&old).await.unwrap().epoch, Fence(1), "at once, where it is there already");
}

#[tokio::test]
async fn whoever_was_fenced_off_a_table_that_goes_is_told() {
    let catalog = Arc::new(Catalog::new(false));
    let first = descriptor(1, "1", "r");
    let old = install(&catalog, &first);
    let waiting = environment::spawn({
        let (catalog, old) = (Arc::clone(&catalog), Arc::clone(&old));
        async move { catalog.newer_than(&old).await }
    });
    tokio::task::yield_now().await;
    catalog.remove(&first);
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), wire::ErrorCode::ResourceNotFound);
    install(&catalog, &descriptor(2, "1", "r"));
    assert_eq!(catalog.newer_than(&old).await.unwrap().id, crate::table::TableId(2));
}

#[test]
fn removing_a_table_leaves_its_namesakes() {
    let catalog = Catalog::new(false);
    let tables = [descriptor(1, "1", "r"), descriptor(2, "2", "r"), descriptor(3, "1", "s")];
    for table in &tables {
        install(&catalog, table);
    }
    catalog.remove(&tables[0]);
    let found =
        |account, region| catalog.find(&Caller::new(account, region), "tab").map(|entry| entry.table.id.0);
    assert_eq!([found("1", "r"), found("2", "r"), found("1", "s")], [None, Some(2), Some(3)]);
}

/// Keeps what a warning says.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{}={value:?} ", field.name()));
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_name_that_exists_elsewhere_is_told_once() {
    let catalog = Catalog::new(false);
    install(&catalog, &descriptor(1, "111111111111", "eu-west-1"));
    let ear = Ear::default();
    tracing::subscriber::with_default(ear.clone(), || {
        for name in ["tab", "tab", "nowhere"] {
            assert!(catalog.get(&Caller::new("000000000000", "us-east-1"), name).is_err());
        }
    });
    let told = ear.0.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("arn:aws:dynamodb:eu-west-1:111111111111:table/tab"), "{told:?}");
}
