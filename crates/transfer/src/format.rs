//! The formats by their names.

use crate::Compression;

/// What the records of a file are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each item: `{"Item":{...}}` in DynamoDB's JSON.
    Json,
    /// A line for each item: `$ion_1_0 {Item:{...}}` in Amazon Ion's text.
    Ion,
    /// A header, and a record for each item.
    Csv,
}

impl Format {
    /// What the name of a file says: the format and the compression, such as of `dogs.json.gz`.
    #[must_use]
    pub fn of_name(name: &str) -> (Option<Format>, Compression) {
        let name = name.to_ascii_lowercase();
        let (rest, compression) = match name.rsplit_once('.') {
            Some((rest, "gz" | "gzip")) => (rest, Compression::Gzip),
            Some((rest, "zst" | "zstd")) => (rest, Compression::Zstd),
            _ => (name.as_str(), Compression::None),
        };
        let format = match rest.rsplit_once('.').map(|(_, suffix)| suffix) {
            Some("json" | "jsonl" | "ndjson") => Some(Format::Json),
            Some("ion") => Some(Format::Ion),
            Some("csv" | "tsv") => Some(Format::Csv),
            _ => None,
        };
        (format, compression)
    }

    /// What the names of its files end with.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ion => "ion",
            Self::Csv => "csv",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_in_the_file() {
        for (name, format, compression) in [
            ("dogs.json", Some(Format::Json), Compression::None),
            ("a/b.c/dogs.JSON.GZ", Some(Format::Json), Compression::Gzip),
            ("dogs.ion.zst", Some(Format::Ion), Compression::Zstd),
            ("dogs.csv", Some(Format::Csv), Compression::None),
            ("dogs.gz", None, Compression::Gzip),
            ("json", None, Compression::None),
            ("-", None, Compression::None),
        ] {
            assert_eq!(Format::of_name(name), (format, compression), "{name}");
        }
    }
}
