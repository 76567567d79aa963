//! An item that is written in a format and read again is the same.

use flate2::write::GzEncoder;
use item::{KeyKind, Map, Name, Number, Stored, Value};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use transfer::csv::CsvOptions;
use transfer::writer::Layout;
use transfer::{Compression, Items, Source};

pub(crate) fn written(layout: &Layout, items: &[Stored]) -> Vec<u8> {
    let mut out = Vec::new();
    layout.write_start(&mut out);
    for item in items {
        layout.write_item(&mut out, item).unwrap();
    }
    out
}

fn read(layout: &Layout, compression: Compression, csv: CsvOptions, file: Vec<u8>) -> Vec<Stored> {
    let source = Source { format: layout.format(), compression, csv };
    let bytes = file.len() as u64;
    let (mut items, mut all) = (Items::new(Cursor::new(file), &source), Vec::new());
    while let Some(item) = items.read().unwrap() {
        all.push(item.unwrap());
    }
    if compression == Compression::None {
        assert_eq!(items.bytes(), bytes);
    }
    all
}

fn any_number() -> impl Strategy<Value = Number> {
    ("-?[1-9][0-9]{0,37}", -125..88i32)
        .prop_map(|(digits, exponent)| Number::parse(&format!("{digits}e{exponent}")).unwrap())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::S),
        any_number().prop_map(Value::N),
        Just(Value::N(Number::ZERO)),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Value::B(bytes.into())),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        prop::collection::btree_set(any::<String>(), 1..5)
            .prop_map(|set| Value::string_set(set.into_iter().collect()).unwrap()),
        prop::collection::btree_set(any::<i64>(), 1..5)
            .prop_map(|set| Value::number_set(set.into_iter().map(Number::from).collect()).unwrap()),
        prop::collection::btree_set(prop::collection::vec(any::<u8>(), 0..5), 1..5)
            .prop_map(|set| Value::binary_set(set.into_iter().map(Into::into).collect()).unwrap()),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::L),
            any_map(inner).prop_map(Value::M),
        ]
    })
}

fn any_name() -> impl Strategy<Value = Name> {
    prop_oneof!["[a-z$_]{1,3}", ".{1,8}", Just("null".to_owned()), Just("$10".to_owned())]
        .prop_map(Name::from)
}

fn any_map(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map> {
    prop::collection::vec((any_name(), values), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn any_items(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<Stored>> {
    let items = prop::collection::vec(any_map(values), 0..4);
    items.prop_map(|items| items.iter().map(Stored::encode).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(256) as u32))]

    #[test]
    fn of_json_and_ion(items in any_items(any_value())) {
        for layout in [Layout::Json, Layout::Ion] {
            let file = written(&layout, &items);
            prop_assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), items.len());
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&file).unwrap();
            let zipped = encoder.finish().unwrap();
            for (compression, file) in [(Compression::None, file), (Compression::Gzip, zipped)] {
                prop_assert_eq!(&read(&layout, compression, CsvOptions::default(), file), &items);
            }
        }
    }

    #[test]
    fn of_csv_what_it_can_hold(
        columns in prop::collection::btree_set("[^\\x00]{1,6}", 1..5),
        delimiter in prop::sample::select(b",;:|\t ".to_vec()),
        rows in prop::collection::vec(
            (any_number(), prop::collection::vec(any::<u8>(), 1..9), prop::collection::vec(any::<Option<String>>(), 5)),
            0..6,
        ),
    ) {
        let names = ["key number", "key,binary"];
        let columns: Vec<Name> = columns.iter().map(|name| Name::from(name.as_str()))
            .filter(|name| !names.contains(&name.as_str())).collect();
        let items: Vec<Stored> = rows.into_iter().map(|(number, bytes, texts)| {
            let mut item = Map::new();
            item.insert(names[0], Value::N(number));
            item.insert(names[1], Value::B(bytes.into()));
            for (name, text) in columns.iter().zip(texts) {
                if let Some(text) = text {
                    item.insert(name.clone(), Value::S(text));
                }
            }
            Stored::encode(&item)
        }).collect();
        let all = names.iter().map(|name| Name::from(*name)).chain(columns).collect::<Vec<_>>();
        let kinds = vec![(Name::from(names[0]), KeyKind::N), (Name::from(names[1]), KeyKind::B)];
        let layout = Layout::Csv { columns: all.clone(), delimiter };
        let file = written(&layout, &items);
        let options = CsvOptions { delimiter, header: None, kinds: kinds.clone() };
        prop_assert_eq!(&read(&layout, Compression::None, options, file.clone()), &items);
        // The same without the header, which is told.
        let mut header = Vec::new();
        layout.write_start(&mut header);
        let header_names = all.iter().map(|name| name.to_string()).collect();
        let options = CsvOptions { delimiter, header: Some(header_names), kinds };
        prop_assert_eq!(&read(&layout, Compression::None, options, file[header.len()..].to_vec()), &items);
    }
}
