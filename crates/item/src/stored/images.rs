//! Two images of one item as JSON. Most of what an item was it still is: attributes that the second image has in
//! common with the first are copied from its JSON, whole runs of them at a time.

use super::json::{NEXT, attribute, close_map, json_bytes, map};
use super::read::Cursor;
use super::{CorruptItem, DEPTH_MAX, body};
use std::ops::Range;
use std::slice::Windows;

/// Writes pairs of images; keeps its room from one to the next.
#[derive(Clone, Debug, Default)]
pub struct ImageWriter {
    /// Where the attributes of the first image begin, in its order, and where one more would.
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// In the image's entries.
    stored: usize,
    /// In the JSON.
    json: usize,
}

impl ImageWriter {
    /// Appends the first image as JSON, as [`super::write_json`] does.
    ///
    /// # Errors
    /// When the bytes are no item; what was appended until then is to be thrown away.
    pub fn first(&mut self, image: &[u8], out: &mut Vec<u8>) -> Result<(), CorruptItem> {
        out.reserve(json_bytes(image.len()));
        self.write_first(image, out).ok_or(CorruptItem)
    }

    /// Appends the second image as JSON, given the first, which `out` has as [`ImageWriter::first`] left it.
    ///
    /// # Errors
    /// As for the first.
    pub fn second(&self, image: &[u8], first: &[u8], out: &mut Vec<u8>) -> Result<(), CorruptItem> {
        out.reserve(json_bytes(image.len()));
        self.write_second(image, first, out).ok_or(CorruptItem)
    }

    fn write_first(&mut self, image: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let entries = body(image)?;
        let places = &mut self.places;
        places.clear();
        out.push(b'{');
        let rest = map(Cursor(entries), out, DEPTH_MAX, |left, json| {
            places.push(Place { stored: entries.len() - left, json });
        })?;
        // The brace stands where the comma before one more would.
        let json = out.len() - 1 + NEXT.len();
        places.push(Place { stored: entries.len() - rest.0.len(), json });
        Some(())
    }

    fn write_second(&self, image: &[u8], first: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let first = body(first)?;
        let mut cursor = Cursor(body(image)?);
        let count = cursor.varint()?;
        out.extend_from_slice(b"{\"");
        let mut known = self.places.windows(2);
        // The JSON of attributes in common that is not yet copied.
        let mut run = 0..0;
        for _ in 0..count {
            if let Some((from, to)) = matching(&mut known, first, cursor) {
                cursor.take(to.stored - from.stored)?;
                if run.end != from.json {
                    copy_run(&run, out);
                    run.start = from.json;
                }
                run.end = to.json;
            } else {
                copy_run(&run, out);
                run = 0..0;
                cursor = changed(cursor, out)?;
            }
        }
        copy_run(&run, out);
        close_map(out, count == 0);
        Some(())
    }
}

/// The attribute of the first image that is the next one of the second: where it begins, and where one more does.
/// What stands before it in the first is passed over: names are in order.
fn matching(known: &mut Windows<'_, Place>, first: &[u8], next: Cursor<'_>) -> Option<(Place, Place)> {
    loop {
        let mut rest = known.clone();
        let &[from, to] = rest.next()? else { return None };
        let stored = &first[from.stored..to.stored];
        let is_same = next.0.starts_with(stored);
        if !is_same && name(Cursor(stored)) >= name(next) {
            return None;
        }
        *known = rest;
        if is_same {
            return Some((from, to));
        }
    }
}

/// Writes an attribute that is not as it was. Few are, so its code is not to grow the loop's.
#[inline(never)]
fn changed<'a>(cursor: Cursor<'a>, out: &mut Vec<u8>) -> Option<Cursor<'a>> {
    attribute(cursor, out, DEPTH_MAX)
}

fn name(mut attribute: Cursor<'_>) -> Option<&[u8]> {
    attribute.text().map(|(name, _)| name)
}

/// Copies the JSON of attributes that stand together, up to where one more would begin.
fn copy_run(run: &Range<usize>, out: &mut Vec<u8>) {
    if !run.is_empty() {
        out.extend_from_within(run.start..run.end - NEXT.len());
        out.extend_from_slice(NEXT);
    }
}
