//! Files of items: the first byte says the format (JSON, Ion, CSV, each as it is, with gzip or Zstandard). What is
//! read of one comes back when it is written and read again.

use item::{Name, Stored};
use std::collections::BTreeSet;
use std::io::Cursor;
use transfer::csv::CsvOptions;
use transfer::writer::Layout;
use transfer::{Compression, Format, Items, Source};

/// No more of a file is looked at: a few bytes may stand for very many.
const BYTES_MAX: u64 = 1 << 22;

/// See the module.
pub fn target(data: &[u8]) {
    let Some((kind, file)) = data.split_first() else { return };
    let format = [Format::Json, Format::Ion, Format::Csv][usize::from(kind % 3)];
    let compression = [Compression::None, Compression::Gzip, Compression::Zstd][usize::from(kind / 3 % 3)];
    let Some(items) = read(format, compression, file) else { return };
    let layout = match format {
        Format::Json => Layout::Json,
        Format::Ion => Layout::Ion,
        Format::Csv => {
            let names = |item: &Stored| item.iter().map(|(name, _)| Name::from(name)).collect::<Vec<_>>();
            let columns: BTreeSet<Name> = items.iter().flat_map(names).collect();
            Layout::Csv { columns: columns.into_iter().collect(), delimiter: b';' }
        }
    };
    let mut written = Vec::new();
    layout.write_start(&mut written);
    for item in &items {
        assert_eq!(layout.write_item(&mut written, item), Ok(0));
    }
    // Records without a field are lines without anything, which are passed over.
    let is_seen = |item: &Stored| format != Format::Csv || item.iter().next().is_some();
    let expected: Vec<Stored> = items.into_iter().filter(is_seen).collect();
    let again = read(format, Compression::None, &written).unwrap_or_default();
    let again: Vec<Stored> = again.into_iter().filter(is_seen).collect();
    assert_eq!(again, expected, "{}", written.escape_ascii());
}

/// The items of a file; `None` where it is damaged or too long.
fn read(format: Format, compression: Compression, file: &[u8]) -> Option<Vec<Stored>> {
    let delimiter = if compression == Compression::None { b';' } else { b',' };
    let csv = CsvOptions { delimiter, ..CsvOptions::default() };
    let mut items = Items::new(Cursor::new(file.to_vec()), &Source { format, compression, csv });
    let mut all = Vec::new();
    while items.bytes() < BYTES_MAX {
        match items.read().ok()? {
            None => return Some(all),
            Some(Ok(item)) => all.push(item),
            Some(Err(_)) => {}
        }
    }
    None
}
