//! Records come back as they were, and garbage is refused.

use super::*;
use proptest::prelude::*;
use store::Head;

fn item_of(text: &str) -> Stored {
    let value = |text: &str| item::Value::S(text.to_owned());
    Stored::encode(&[("pk".into(), value("k")), ("text".into(), value(text))].into_iter().collect())
}

const VIEWS: [ViewType; 4] =
    [ViewType::KeysOnly, ViewType::NewImage, ViewType::OldImage, ViewType::NewAndOldImages];
const KINDS: [Kind; 3] = [Kind::Insert, Kind::Modify, Kind::Remove];

fn encoded(kind: Kind, view: ViewType, service: bool) -> Pieces {
    let (keys, old, new) = (item_of("k"), item_of("the old one"), item_of("the new image"));
    let old = (kind != Kind::Insert).then_some(&old);
    let new = (kind != Kind::Remove).then_some(&new);
    encode(&NewRecord { kind, keys: &keys, old, new, view, service })
}

fn all() -> impl Iterator<Item = (Kind, ViewType, bool)> {
    let with_service = |(kind, view)| [false, true].map(|service| (kind, view, service));
    KINDS.into_iter().flat_map(|kind| VIEWS.map(|view| (kind, view))).flat_map(with_service)
}

#[test]
fn a_record_comes_back_with_what_its_view_shows() {
    let (keys, old, new) = (item_of("k"), item_of("the old one"), item_of("the new image"));
    for (kind, view, service) in all() {
        let bytes = encoded(kind, view, service);
        let joined = Pieces::from(bytes.joined());
        let record = decode(&bytes).unwrap();
        assert_eq!(decode(&joined), Ok(record));
        assert_eq!(decode_stored(&joined), decode_stored(&bytes));
        assert_eq!(size_bytes(&joined), size_bytes(&bytes));
        assert_eq!((record.kind, record.view, record.service), (kind, view, service));
        assert_eq!(record.keys, keys.as_bytes());
        let shown = |holds: bool, image: &Stored| holds.then(|| image.as_bytes().to_vec());
        assert_eq!(record.new.map(<[u8]>::to_vec), shown(view.holds_new(kind), &new));
        assert_eq!(record.old.map(<[u8]>::to_vec), shown(view.holds_old(kind), &old));
        let size = |holds: bool, image: &Stored| if holds { image.size() } else { 0 };
        let expected = keys.size() + size(view.holds_new(kind), &new) + size(view.holds_old(kind), &old);
        assert_eq!(record.size_bytes as usize, expected);
        assert_eq!(size_bytes(&bytes), Ok(expected));

        let stored = decode_stored(&bytes).unwrap();
        assert_eq!((stored.kind, stored.view, stored.service), (kind, view, service));
        assert_eq!(stored.size_bytes, record.size_bytes);
        assert_eq!(stored.keys, keys);
        assert_eq!(stored.new, view.holds_new(kind).then(|| new.clone()));
        assert_eq!(stored.old, view.holds_old(kind).then(|| old.clone()));
    }
}

#[test]
fn the_layout_is_the_documented_one() {
    let (keys, old, new) = (item_of("k"), item_of("o"), item_of("n"));
    let record = NewRecord {
        kind: Kind::Modify,
        keys: &keys,
        old: Some(&old),
        new: Some(&new),
        view: ViewType::NewAndOldImages,
        service: false,
    };
    let size = u32::try_from(keys.size() + old.size() + new.size()).unwrap();
    let length = |stored: &Stored| u32::try_from(stored.as_bytes().len()).unwrap().to_le_bytes();
    let expected = [
        &[1, 0b0000_1101][..],
        &size.to_le_bytes(),
        &length(&keys),
        &length(&new),
        keys.as_bytes(),
        new.as_bytes(),
        old.as_bytes(),
    ]
    .concat();
    assert_eq!(encode(&record).joined(), expected);
}

#[test]
fn a_record_cut_short_in_its_key_or_new_image_is_refused() {
    let whole = encoded(Kind::Modify, ViewType::NewAndOldImages, false).joined();
    let old_at = whole.len() - item_of("the old one").as_bytes().len();
    for length in 0..=old_at {
        assert!(decode(&whole.slice(..length).into()).is_err(), "{length} bytes");
    }
}

#[test]
fn flags_that_mean_nothing_are_refused() {
    let whole = encoded(Kind::Modify, ViewType::NewAndOldImages, false).joined();
    for (at, byte) in [(0, 0), (0, 2), (1, 0b1111), (1, 0b0010_1101), (1, 0b0100_1101), (1, 0b0001)] {
        let mut bytes = whole.to_vec();
        bytes[at] = byte;
        assert!(decode(&bytes.into()).is_err(), "{byte:#b} at {at}");
    }
}

#[test]
fn images_in_pieces_that_do_not_fit_are_refused() {
    let whole = encoded(Kind::Modify, ViewType::NewAndOldImages, false);
    let (head, [new, old]) = (whole.head(), whole.tail());
    let longer = [head, b"x"].concat();
    for wrong in [
        Pieces::new(Head::from_slice(head), [old.clone(), new.clone()]),
        Pieces::new(Head::from_slice(head), [new.clone(), Bytes::new()]),
        Pieces::new(Head::from_slice(head), [Bytes::new(), old.clone()]),
        Pieces::new(Head::from_slice(&longer), [new.clone(), old.clone()]),
        Pieces::new(Head::from_slice(&head[1..]), [new.clone(), old.clone()]),
    ] {
        assert!(decode(&wrong).is_err(), "{wrong:?}");
        assert!(decode_stored(&wrong).is_err(), "{wrong:?}");
    }
}

proptest! {
    /// Neither decoding nor writing as JSON panics, whatever the bytes, and images stay within them.
    #[test]
    fn garbage_never_panics(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        plausible in any::<bool>(),
        lengths in any::<[u8; 2]>(),
    ) {
        if plausible && bytes.len() >= HEADER_LEN {
            bytes[0] = FORMAT;
            bytes[1] &= !UNUSED_MASK;
            bytes[6..14].fill(0);
            (bytes[6], bytes[10]) = (lengths[0] % 64, lengths[1] % 64);
        }
        write_as_json(&bytes);
        let bytes = Pieces::from(bytes);
        let _ = decode_stored(&bytes);
        if let Ok(record) = decode(&bytes) {
            let images = record.new.map_or(0, <[u8]>::len) + record.old.map_or(0, <[u8]>::len);
            prop_assert_eq!(HEADER_LEN + record.keys.len() + images, bytes.len());
        }
    }

    #[test]
    fn a_damaged_record_never_panics(which in 0_usize..24, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (kind, view, service) = all().nth(which).unwrap();
        let mut bytes = encoded(kind, view, service).joined().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        write_as_json(&bytes);
    }
}

/// Writes bytes as a record. What an image says is not judged here, only what is around it.
fn write_as_json(bytes: &[u8]) {
    let stream = crate::descriptor::example();
    let record =
        store::LogRecord { position: store::Position(5), time_ms: 6_000, bytes: bytes.to_vec().into() };
    let mut out = Vec::new();
    if RecordWriter::new(&stream, "eu-west-1", Form::GetRecords).write(&mut out, &record).is_ok() {
        assert!(out.starts_with(b"{\"awsRegion\"") && out.ends_with(b"}"));
    }
}
