//! What an operation would have used of a table's capacity, and how an answer tells it.
//!
//! Units are counted in halves, since an eventually consistent read of up to 4 KB costs half a unit. A write
//! is charged on the larger of the two images; an index on the change of what it stores of the item.

use crate::table::{IndexKind, Table};
use wire::dynamodb::enumeration::ReturnConsumedCapacity;

const WRITE_UNIT_BYTES: usize = 1024;
const READ_UNIT_BYTES: usize = 4096;

/// Capacity units, counted in halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Units(pub(crate) u64);

impl Units {
    /// What a write of an image of this size costs: at least one unit.
    pub(crate) fn write(size: usize) -> Units {
        Units(2 * size.div_ceil(WRITE_UNIT_BYTES).max(1) as u64)
    }

    /// What a read of this many bytes costs.
    pub(crate) fn read(bytes: usize, consistent: bool) -> Units {
        let steps = bytes.div_ceil(READ_UNIT_BYTES).max(1) as u64;
        Units(if consistent { 2 * steps } else { steps })
    }

    /// Twice as much, which is what an action of a transaction costs.
    pub(crate) fn doubled(self) -> Units {
        Units(self.0 * 2)
    }

    /// Writes it as the number that AWS shows: `1.0`, `0.5`.
    pub(crate) fn write_json(self, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(digits.format(self.0 / 2).as_bytes());
        out.extend_from_slice(if self.0 % 2 == 1 { b".5" } else { b".0" });
    }
}

impl std::ops::AddAssign for Units {
    fn add_assign(&mut self, more: Units) {
        self.0 += more.0;
    }
}

/// Whether reads or writes were counted; told apart only in the answers of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tally {
    /// Nothing beside the sum.
    Plain,
    /// `ReadCapacityUnits` too.
    Reads,
    /// `WriteCapacityUnits` too.
    Writes,
}

/// What one table of a request used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// The table's own part.
    pub(crate) table: Units,
    /// The parts of its indexes, by their place in [`Table::indexes`].
    pub(crate) indexes: Vec<(usize, Units)>,
    /// The bytes written to its vector indexes, by their place; they are no units.
    pub(crate) vectors: Vec<(usize, u64)>,
}

impl Capacity {
    /// The part of the table alone.
    pub(crate) fn of_table(units: Units) -> Capacity {
        Capacity { table: units, ..Capacity::default() }
    }

    /// The part of one index alone.
    pub(crate) fn of_index(index: usize, units: Units) -> Capacity {
        Capacity { indexes: vec![(index, units)], ..Capacity::default() }
    }

    /// Adds to the part of an index; nothing added leaves no trace.
    pub(crate) fn add_index(&mut self, index: usize, units: Units) {
        if units == Units(0) {
            return;
        }
        match self.indexes.iter_mut().find(|(at, _)| *at == index) {
            Some((_, sum)) => *sum += units,
            None => self.indexes.push((index, units)),
        }
    }

    /// Adds bytes written to a vector index; none leave no trace.
    pub(crate) fn add_vectors(&mut self, index: usize, bytes: u64) {
        if bytes == 0 {
            return;
        }
        match self.vectors.iter_mut().find(|(at, _)| *at == index) {
            Some((_, sum)) => *sum += bytes,
            None => self.vectors.push((index, bytes)),
        }
    }

    /// Adds another request part on the same table.
    pub(crate) fn add(&mut self, more: &Capacity) {
        self.table += more.table;
        for (index, units) in &more.indexes {
            self.add_index(*index, *units);
        }
        for (index, bytes) in &more.vectors {
            self.add_vectors(*index, *bytes);
        }
    }

    /// The sum.
    pub(crate) fn total(&self) -> Units {
        let mut total = self.table;
        self.indexes.iter().for_each(|(_, units)| total += *units);
        total
    }

    /// Writes the `ConsumedCapacity` object of one table.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>, table: &Table, told: Told) {
        out.extend_from_slice(b"{\"TableName\":\"");
        // A table name holds no character that JSON escapes.
        out.extend_from_slice(table.name.as_bytes());
        out.extend_from_slice(b"\",\"CapacityUnits\":");
        self.total().write_json(out);
        let tally: &[u8] = match told.tally {
            Tally::Plain => b"",
            Tally::Reads => b",\"ReadCapacityUnits\":",
            Tally::Writes => b",\"WriteCapacityUnits\":",
        };
        if !tally.is_empty() {
            out.extend_from_slice(tally);
            self.total().write_json(out);
        }
        if told.detail == ReturnConsumedCapacity::Indexes {
            out.extend_from_slice(b",\"Table\":");
            write_part(out, self.table, tally);
            self.write_indexes(out, table, tally);
            self.write_vectors(out, table);
        }
        out.push(b'}');
    }

    fn write_vectors(&self, out: &mut Vec<u8>, table: &Table) {
        let mut first = true;
        for (place, bytes) in &self.vectors {
            let Some(index) = table.indexes.get(*place) else { continue };
            out.extend_from_slice(if first { b",\"VectorIndexes\":{\"" } else { b",\"" });
            first = false;
            out.extend_from_slice(index.name.as_bytes());
            out.extend_from_slice(b"\":{\"VectorWriteRequestBytes\":");
            out.extend_from_slice(itoa::Buffer::new().format(*bytes).as_bytes());
            out.extend_from_slice(b".0}");
        }
        if !first {
            out.push(b'}');
        }
    }

    fn write_indexes(&self, out: &mut Vec<u8>, table: &Table, tally: &[u8]) {
        let kinds: [(IndexKind, &[u8]); 2] = [
            (IndexKind::Local, b",\"LocalSecondaryIndexes\":{"),
            (IndexKind::Global, b",\"GlobalSecondaryIndexes\":{"),
        ];
        for (kind, head) in kinds {
            let mut first = true;
            for (place, units) in &self.indexes {
                let Some(index) = table.indexes.get(*place).filter(|index| index.kind == kind) else {
                    continue;
                };
                out.extend_from_slice(if first { head } else { b"," });
                first = false;
                out.push(b'"');
                out.extend_from_slice(index.name.as_bytes());
                out.extend_from_slice(b"\":");
                write_part(out, *units, tally);
            }
            if !first {
                out.push(b'}');
            }
        }
    }
}

/// How much of the capacity an answer tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// What the request asked for.
    pub(crate) detail: ReturnConsumedCapacity,
    /// Whether the kind is told too.
    pub(crate) tally: Tally,
}

impl Told {
    /// For everything but transactions.
    pub(crate) fn plain(detail: ReturnConsumedCapacity) -> Told {
        Told { detail, tally: Tally::Plain }
    }

    /// Whether anything is told.
    pub(crate) fn any(self) -> bool {
        self.detail != ReturnConsumedCapacity::None
    }
}

fn write_part(out: &mut Vec<u8>, units: Units, tally: &[u8]) {
    out.extend_from_slice(b"{\"CapacityUnits\":");
    units.write_json(out);
    if !tally.is_empty() {
        out.extend_from_slice(tally);
        units.write_json(out);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_round_up_and_are_never_nothing() {
        assert_eq!(Units::write(0), Units(2));
        assert_eq!(Units::write(1024), Units(2));
        assert_eq!(Units::write(1025), Units(4));
        assert_eq!(Units::read(0, false), Units(1));
        assert_eq!(Units::read(4096, true), Units(2));
        assert_eq!(Units::read(4097, false), Units(2));
    }

    #[test]
    fn units_are_written_with_one_decimal() {
        let mut out = Vec::new();
        Units(3).write_json(&mut out);
        out.push(b' ');
        Units(2).write_json(&mut out);
        assert_eq!(out, b"1.5 1.0");
    }

    #[test]
    fn parts_of_one_index_are_summed() {
        let mut sum = Capacity::of_table(Units(2));
        sum.add(&Capacity::of_index(1, Units(2)));
        sum.add(&Capacity::of_index(1, Units(1)));
        sum.add(&Capacity::of_index(0, Units(0)));
        assert_eq!(sum.indexes, [(1, Units(3))]);
        assert_eq!(sum.total(), Units(5));
    }
}
