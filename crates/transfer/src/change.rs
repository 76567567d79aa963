//! A line of an incremental export: what became of one item.

use crate::{Format, ion};
use item::stored::write_json;
use item::{CorruptItem, Stored};

/// What became of one item in the time that an export is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its key.
    pub keys: Stored,
    /// The item before, where the export tells of it and it was there.
    pub old: Option<Stored>,
    /// The item after; none where it was deleted.
    pub new: Option<Stored>,
    /// When it was last written, in microseconds since the epoch.
    pub written_micros: u64,
}

impl Change {
    /// Writes it as a line of JSON or Ion.
    ///
    /// # Errors
    /// When an image is damaged.
    pub fn write(&self, out: &mut Vec<u8>, format: Format) -> Result<(), CorruptItem> {
        let images = [("NewImage", &self.new), ("OldImage", &self.old)];
        let micros = self.written_micros;
        if format == Format::Ion {
            out.extend_from_slice(b"$ion_1_0 {Record:{Keys:");
            ion::write_map(out, &self.keys.decode()?);
            out.extend_from_slice(format!(",Metadata:{{WriteTimestampMicros:{micros}.}}").as_bytes());
            for (name, image) in images {
                if let Some(image) = image {
                    out.extend_from_slice(format!(",{name}:").as_bytes());
                    ion::write_map(out, &image.decode()?);
                }
            }
            out.extend_from_slice(b"}}\n");
            return Ok(());
        }
        let metadata =
            format!("{{\"Metadata\":{{\"WriteTimestampMicros\":{{\"N\":\"{micros}\"}}}},\"Keys\":");
        out.extend_from_slice(metadata.as_bytes());
        write_json(self.keys.as_bytes(), out)?;
        for (name, image) in images {
            if let Some(image) = image {
                out.extend_from_slice(format!(",\"{name}\":").as_bytes());
                write_json(image.as_bytes(), out)?;
            }
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{Map, Value};

    #[test]
    fn a_change_is_a_line() {
        let item = |text: Option<&str>| {
            let mut item = Map::new();
            item.insert("pk", Value::S("a".into()));
            if let Some(text) = text {
                item.insert("v", Value::S(text.into()));
            }
            Stored::encode(&item)
        };
        let written = |new: Option<&str>, old: Option<&str>, format| {
            let (new, old) = (new.map(|text| item(Some(text))), old.map(|text| item(Some(text))));
            let mut out = Vec::new();
            Change { keys: item(None), old, new, written_micros: 7 }.write(&mut out, format).unwrap();
            String::from_utf8(out).unwrap()
        };
        let head = r#"{"Metadata":{"WriteTimestampMicros":{"N":"7"}},"Keys":{"pk":{"S":"a"}}"#;
        let image = |text: &str| format!(r#"{{"pk":{{"S":"a"}},"v":{{"S":"{text}"}}}}"#);
        assert_eq!(
            written(Some("n"), Some("o"), Format::Json),
            format!("{head},\"NewImage\":{},\"OldImage\":{}}}\n", image("n"), image("o"))
        );
        assert_eq!(written(None, None, Format::Json), format!("{head}}}\n"));
        assert_eq!(
            written(None, Some("o"), Format::Ion),
            "$ion_1_0 {Record:{Keys:{pk:\"a\"},Metadata:{WriteTimestampMicros:7.},OldImage:{pk:\"a\",v:\"o\"}}}\n"
        );
    }
}
