//! Where each line of the specification's acceptance checklist (§13) is tested, as far as tables and streams go, and
//! the tests that stand nowhere else. `streams`, `server`, `tailwater` and `store` are the suites of those crates.
//!
//! | line | test |
//! |---|---|
//! | 1 every write, view, key | `data::records` (not PartiQL, which is not there) |
//! | 2 equality by value | `data::records`, rows "another spelling", "order of a list", "type of value" |
//! | 3 SizeBytes | `data::records`, of every record; streams `records::each_view_shows_its_images_and_no_other_key` |
//! | 4 sequence numbers | here; `model_concurrent` (rising, child above parent); store `powerloss` |
//! | 5 absent, not null | `data::records`; `control::streams`; streams `records`, `lists`, `iterators` |
//! | 6 disable, enable again | `control::streams::are_switched_on_off_and_on`; `model_concurrent`; streams `lifecycle` |
//! | 7 DeleteTable, same name again | `control::streams::outlive_their_table_for_a_day`; `data::records::are_not_made_by_changes_of_the_table` |
//! | 8, 9 rollover and split under writers | `model_concurrent`; streams `concurrent` |
//! | 10 iterator types | streams `iterators`; `model_concurrent` (readers that take up again) |
//! | 11 errors of §2.8; §6 to §8 | `control::update_texts::streams`, `control::create_texts::streams`; streams `errors`, `lists` |
//! | 12 expiry and trimming | streams `iterators`, `retention`; `control::disk`; `model_concurrent` (expired iterators) |
//! | 13 pages | streams `pages` |
//! | 14 paging while streams come and go | streams `lists`; `control::listing` for tables |
//! | 15 identity of TTL deletions | `data::records::of_expired_items_name_the_service`; streams `records` (both spellings) |
//! | 16 readers of SDKs | `tests/clients` |
//! | 18 CRC | server `answers` |
//! | 19 crash after the acknowledgement | store `crash`, `powerloss`; tailwater `crash` |
//! | 20 order within a request | `data::records::of_one_batch_come_in_its_order`, rows "a batch", "a transaction" |

use crate::data::records;
use crate::world::{World, table, with};
use serde_json::{Value, json};
use wire::Operation::{CreateTable, PutItem};

async fn put(world: &World, value: usize) {
    let item = json!({ "pk": { "S": "k" }, "n": { "N": value.to_string() } });
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
}

fn numbers(records: &[Value]) -> Vec<String> {
    records.iter().map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()).collect()
}

/// Line 4: after a restart the same records have the same numbers and ids, and later ones greater numbers.
#[test]
fn sequence_numbers_survive_restarts() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for make in [World::in_memory, World::on_a_faulty_store, World::on_disk] {
        let (mut before, mut world): (Vec<Value>, Option<World>) = (Vec::new(), None);
        for restart in 0..3 {
            let running = runtime();
            let entered = running.enter();
            let opened = world.take().map_or_else(make, World::reopened);
            drop(entered);
            let world = world.insert(opened);
            before = running.block_on(async {
                if restart == 0 {
                    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
                    world.ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": stream }))).await;
                }
                assert_eq!(records(world).await, before, "as it was");
                for value in 0..5 {
                    put(world, 10 * restart + value).await;
                }
                records(world).await
            });
            assert_eq!(before.len(), 5 * (restart + 1));
        }
        let numbers = numbers(&before);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        let are_digits =
            |number: &String| number.len() == 21 && number.bytes().all(|byte| byte.is_ascii_digit());
        assert!(numbers.iter().all(are_digits), "{numbers:?}");
    }
}
