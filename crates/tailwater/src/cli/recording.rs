//! A stream in a file: lines of JSON, first one that says what it is of, and then a line for each record, in order.
//!
//! docs/tail.md has the format. It is versioned, and a reader refuses what it does not know, with the number of the line.

use crate::units;
use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// What the first line says it is, and in which version.
const KIND: &str = "recording";
const VERSION: u64 = 1;

/// The longest line. A record has two images of 400 KB each, of whose bytes JSON may make six.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// What a recording is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) stream_arn: String,
    pub(crate) table: String,
    /// As AWS writes it.
    pub(crate) key_schema: Value,
    pub(crate) view_type: String,
}

/// A line behind the first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Line {
    Record(Recorded),
    /// Something that whoever recorded was told: that records may be missing, above all.
    Remark(String),
}

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) shard: String,
    /// When it was made, where that is known.
    pub(crate) time_ms: Option<u64>,
    /// As GetRecords shows it.
    pub(crate) record: Value,
}

impl Header {
    /// The line.
    pub(crate) fn line(&self) -> String {
        let header = json!({
            "tailwater": KIND,
            "version": VERSION,
            "stream_arn": self.stream_arn,
            "table": self.table,
            "key_schema": self.key_schema,
            "view_type": self.view_type,
        });
        format!("{header}\n")
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let header: Value = serde_json::from_str(text).unwrap_or_default();
        if header["tailwater"] != KIND {
            bail!("this is no recording: its first line is not what `tailwater record` writes");
        }
        if header["version"] != VERSION {
            bail!("the recording is of version {}, and this reads version {VERSION}", header["version"]);
        }
        let text = |name: &str| {
            let text = header[name].as_str().map(str::to_owned);
            text.ok_or_else(|| anyhow!("the first line has no {name}"))
        };
        Ok(Self {
            stream_arn: text("stream_arn")?,
            table: text("table")?,
            key_schema: header["key_schema"].clone(),
            view_type: text("view_type")?,
        })
    }

    /// The names of the attributes of the key.
    pub(crate) fn key_names(&self) -> Vec<&str> {
        let all = self.key_schema.as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(|element| element["AttributeName"].as_str()).collect()
    }
}

/// The line of a record.
pub(crate) fn record_line(shard: &str, time: &str, record: &Value) -> String {
    format!("{}\n", json!({ "shard": shard, "time": time, "record": record }))
}

/// The line of a remark.
pub(crate) fn remark_line(remark: &str) -> String {
    format!("{}\n", json!({ "remark": remark }))
}

fn parse(text: &str) -> anyhow::Result<Line> {
    let line: Result<Value, _> = serde_json::from_str(text);
    let line = line.map_err(|error| anyhow!("it is not JSON from column {} on", error.column()))?;
    if let Some(remark) = line["remark"].as_str() {
        return Ok(Line::Remark(remark.to_owned()));
    }
    let Some(shard) = line["shard"].as_str() else { bail!("it has no shard") };
    let record = &line["record"];
    let body = &record["dynamodb"];
    if !matches!(record["eventName"].as_str(), Some("INSERT" | "MODIFY" | "REMOVE")) {
        bail!("its record has no eventName that is INSERT, MODIFY or REMOVE");
    }
    if body["SequenceNumber"].as_str().is_none() || !body["Keys"].is_object() {
        bail!("its record has no sequence number or no keys");
    }
    let time_ms = line["time"].as_str().filter(|time| *time != "-").map(units::time).transpose();
    let time_ms = time_ms.map_err(|error| anyhow!(error))?;
    Ok(Line::Record(Recorded { shard: shard.to_owned(), time_ms, record: record.clone() }))
}

/// A recording that is read, a line at a time.
pub(crate) struct Recording {
    name: String,
    lines: Box<dyn BufRead>,
    line: u64,
}

impl Recording {
    /// Opens a file, or standard input, and reads what it is of.
    pub(crate) fn open(name: &str) -> anyhow::Result<(Self, Header)> {
        let lines: Box<dyn BufRead> = match name {
            "-" => Box::new(BufReader::new(io::stdin())),
            name => {
                Box::new(BufReader::new(File::open(name).with_context(|| format!("cannot read {name}"))?))
            }
        };
        Self::of(name, lines)
    }

    /// One of these lines, and what it is of.
    pub(crate) fn of(name: &str, lines: Box<dyn BufRead>) -> anyhow::Result<(Self, Header)> {
        let mut recording = Self { name: name.to_owned(), lines, line: 0 };
        let text = recording.text()?.unwrap_or_default();
        let header = Header::parse(&text).with_context(|| recording.place())?;
        Ok((recording, header))
    }

    /// The next line; none at the end.
    pub(crate) fn read(&mut self) -> anyhow::Result<Option<Line>> {
        let Some(text) = self.text()? else { return Ok(None) };
        parse(&text).with_context(|| self.place()).map(Some)
    }

    /// The file and the line that was read last.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.name, self.line)
    }

    fn text(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            let mut text = Vec::new();
            self.line += 1;
            let read = self.lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text);
            read.with_context(|| self.place())?;
            if text.is_empty() {
                // This is no line: the one before it is the last.
                self.line = (self.line - 1).max(1);
                return Ok(None);
            }
            if text.len() as u64 == LINE_BYTES_MAX && text.last() != Some(&b'\n') {
                bail!("{}: the line is longer than {LINE_BYTES_MAX} bytes", self.place());
            }
            if text.last() == Some(&b'\n') {
                text.pop();
            }
            let text =
                String::from_utf8(text).with_context(|| format!("{}: it is not UTF-8", self.place()))?;
            if !text.trim().is_empty() {
                return Ok(Some(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;
    use streams::label;

    fn header() -> Header {
        Header {
            stream_arn: "arn:s".to_owned(),
            table: "dogs".to_owned(),
            key_schema: json!([{ "AttributeName": "name", "KeyType": "HASH" }]),
            view_type: "NEW_IMAGE".to_owned(),
        }
    }

    fn record() -> Value {
        json!({ "eventName": "INSERT", "dynamodb": { "SequenceNumber": "7", "Keys": { "name": { "S": "rex" } } } })
    }

    fn open(text: impl Into<Vec<u8>>) -> anyhow::Result<(Recording, Header)> {
        Recording::of("x.jsonl", Box::new(Cursor::new(text.into())))
    }

    /// All of a file behind its header, or what is wrong with it.
    fn all(text: String) -> Result<Vec<Line>, String> {
        let told = |error: anyhow::Error| format!("{error:#}");
        let (mut recording, _) = open(text).map_err(told)?;
        let mut lines = Vec::new();
        while let Some(line) = recording.read().map_err(told)? {
            lines.push(line);
        }
        Ok(lines)
    }

    #[test]
    fn what_is_written_is_read() {
        let text = header().line()
            + &record_line("shardId-1", "2020-09-13T12:26:40.000Z", &record())
            + "\n"
            + &remark_line("careful")
            + record_line("shardId-1", "-", &record()).trim_end();
        let recorded =
            |time_ms| Line::Record(Recorded { shard: "shardId-1".to_owned(), time_ms, record: record() });
        let expected =
            vec![recorded(Some(1_600_000_000_000)), Line::Remark("careful".to_owned()), recorded(None)];
        assert_eq!(all(text), Ok(expected));
        let (_, read) = open(header().line()).unwrap();
        assert_eq!((read.key_names(), &read), (vec!["name"], &header()));
    }

    #[test]
    fn damage_is_told_with_its_line() {
        let header = header().line();
        let good = record_line("s", "-", &record());
        for (text, complaint) in [
            (String::new(), "x.jsonl:1: this is no recording"),
            ("{}\n".to_owned(), "x.jsonl:1: this is no recording"),
            (header.replace("\"version\":1", "\"version\":2"), "of version 2, and this reads version 1"),
            (header.replace("view_type", "view"), "x.jsonl:1: the first line has no view_type"),
            (format!("{header}{good}{}", &good[..20]), "x.jsonl:3: it is not JSON"),
            (format!("{header}\n{{}}"), "x.jsonl:3: it has no shard"),
            (format!("{header}{}", good.replace("INSERT", "EAT")), "x.jsonl:2: its record has no eventName"),
            (
                format!("{header}{}", good.replace("Keys", "Cheese")),
                "x.jsonl:2: its record has no sequence number",
            ),
            (format!("{header}{}", good.replace("\"-\"", "\"noon\"")), "x.jsonl:2: 'noon' is no time"),
        ] {
            let told = all(text).unwrap_err();
            assert!(told.contains(complaint), "{told}");
        }
        let told = open(b"\xff\n".to_vec()).err().unwrap();
        assert!(format!("{told:#}").contains("x.jsonl:1: it is not UTF-8"));
        let long = "x".repeat(usize::try_from(LINE_BYTES_MAX).unwrap());
        assert!(all(header + &long).unwrap_err().contains("longer than"));
    }

    /// A line as a recording may have it.
    fn line() -> impl Strategy<Value = Line> {
        let times = prop::option::of(0..253_402_300_800_000_u64);
        let kinds = prop::sample::select(vec!["INSERT", "MODIFY", "REMOVE"]);
        let recorded = (any::<String>(), times, kinds, any::<String>(), any::<u128>());
        prop_oneof![
            any::<String>().prop_map(Line::Remark),
            recorded.prop_map(|(shard, time_ms, kind, name, number)| {
                let body = json!({ "SequenceNumber": number.to_string(), "Keys": { "name": { "S": name } } });
                let record = json!({ "eventName": kind, "dynamodb": body });
                Line::Record(Recorded { shard, time_ms, record })
            })
        ]
    }

    fn written(lines: &[Line]) -> String {
        let one = |line: &Line| match line {
            Line::Remark(text) => remark_line(text),
            Line::Record(Recorded { shard, time_ms, record }) => {
                let time = time_ms.map_or("-".to_owned(), |ms| label::format(ms) + "Z");
                record_line(shard, &time, record)
            }
        };
        header().line() + &lines.iter().map(one).collect::<String>()
    }

    proptest! {
        #[test]
        fn every_recording_is_read_as_it_was_written(lines in prop::collection::vec(line(), 0..6)) {
            prop_assert_eq!(all(written(&lines)), Ok(lines));
        }

        #[test]
        fn what_is_damaged_is_read_or_told_with_a_line_that_there_is(
            lines in prop::collection::vec(line(), 0..4),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            end in any::<prop::sample::Index>(),
        ) {
            let mut bytes = written(&lines).into_bytes();
            for (place, byte) in &damage {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            bytes.truncate(end.index(bytes.len()) + 1);
            let count = bytes.split(|byte| *byte == b'\n').count();
            let read = open(bytes).and_then(|(mut recording, _)| {
                while recording.read()?.is_some() {}
                Ok(())
            });
            if let Err(error) = read {
                let told = format!("{error:#}");
                let line = told.strip_prefix("x.jsonl:").and_then(|rest| rest.split(':').next()?.parse().ok());
                prop_assert!(line.is_some_and(|line: usize| (1..=count).contains(&line)), "{}", told);
            }
        }
    }
}
