//! Bytes taken for a stored item, damaged or not: everything that looks into them ends, and what can be read
//! as a whole comes back when it is stored again.

use item::stored::{self, Stored, StoredValue};
use item::{Map, Name};
use std::hint::black_box;

/// How far the lists and maps of damaged bytes are followed here.
const DEPTH_MAX: usize = 60;

/// See the module.
pub fn target(data: &[u8]) {
    let item = Stored::from_bytes(data.to_vec().into());
    black_box((item.size(), item.len(), item.is_empty(), item.attribute("a").is_some()));
    for (name, value) in item.iter() {
        black_box(item.attribute(name).is_some());
        look(value, DEPTH_MAX);
    }
    let names = [Name::from("a"), Name::from("b")];
    black_box(item.project(&names).decode().is_ok());
    let mut json = Vec::new();
    let rendered = stored::write_json(data, &mut json);
    let Ok(map) = item.decode() else { return };
    assert!(rendered.is_ok(), "a whole item has its JSON");
    check_again(&map);
}

/// What was read is stored and read again.
fn check_again(map: &Map) {
    let again = Stored::encode(map);
    // Sets in damaged bytes need not be in order, so that only what has been stored once more is canonical.
    let Ok(read) = again.decode() else { panic!("{map:?} is not read again") };
    assert_eq!(&read, map);
    assert_eq!(Stored::encode(&read), again);
    assert_eq!(again.len(), map.len());
}

fn look(value: StoredValue<'_>, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    black_box((value.kind(), value.len(), value.size(), value.as_str(), value.as_number(), value.as_bool()));
    black_box((value.as_binary(), value.element(1).is_some(), value.attribute("a").is_some()));
    value.list().for_each(|member| look(member, depth));
    value.map().for_each(|(_, member)| look(member, depth));
    black_box(value.decode().is_ok());
    black_box(value.write_json(&mut Vec::new()).is_ok());
}
