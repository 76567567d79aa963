//! Answers of the server's own endpoints, as people read them: times, attempts, columns.

use serde_json::Value;
use std::fmt::Write as _;
use streams::label;

/// A time, or a dash.
pub(crate) fn time(ms: &Value) -> String {
    ms.as_u64().map_or_else(|| "-".to_owned(), |ms| label::format(ms) + "Z")
}

/// An attempt to deliver a batch, as a line.
pub(crate) fn attempt(attempt: &Value) -> String {
    let text = |name: &str| attempt[name].as_str();
    let mut out = format!("{}  attempt {}", time(&attempt["started_ms"]), attempt["number"]);
    let _ = write!(out, "  {}", text("outcome").unwrap_or("-"));
    if let Some(duration_us) = attempt["duration_us"].as_u64().filter(|duration| *duration > 0) {
        let _ = write!(out, " in {}.{} ms", duration_us / 1_000, duration_us % 1_000 / 100);
    }
    let count = attempt["count"].as_u64().unwrap_or_default();
    let _ = write!(out, "  {count} record{}", if count == 1 { "" } else { "s" });
    match (text("first"), text("last")) {
        (Some(first), Some(last)) if first == last => {
            let _ = write!(out, " {first}");
        }
        (Some(first), Some(last)) => {
            let _ = write!(out, " {first} to {last}");
        }
        _ => {}
    }
    if let Some(error) = text("error") {
        let _ = write!(out, "  {}", error.replace(['\n', '\r'], " "));
    }
    if let Some(request) = text("request_id") {
        let _ = write!(out, "  (request {request})");
    }
    out.push('\n');
    out
}

/// Rows under their titles, each column as wide as it must be.
pub(crate) fn columns<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let titles = titles.map(str::to_owned);
    let all = || std::iter::once(&titles).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut out = String::new();
    for row in all() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = [["a".to_owned(), "long".to_owned()], ["bcd".to_owned(), String::new()]];
        assert_eq!(columns(["X", "Y"], &rows), "X    Y\na    long\nbcd\n");
    }
}
