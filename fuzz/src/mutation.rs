//! Mutations of a corpus that follow from a seed: what a test can run without a fuzzer, the same every time.

use environment::Random;

/// Words that the readers know, so that mutations get past their first tokens.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "1e",
    "E+125",
    "E-130",
    ".",
    "99999999999999999999999999999999999999",
    "\"S\"",
    "\"N\"",
    "\"B\"",
    "\"SS\"",
    "\"NS\"",
    "\"M\"",
    "\"L\"",
    "\"NULL\"",
    "{\"S\":\"a\"}",
    "{\"N\":\"1\"}",
    "\"TableName\":\"tab\"",
    "\"ExclusiveStartKey\":",
    "\"pk\"",
    " AND ",
    " OR ",
    "NOT ",
    " IN (",
    "BETWEEN",
    "size(",
    "contains(",
    "attribute_exists(",
    "if_not_exists(",
    "list_append(",
    "SET ",
    "REMOVE ",
    "ADD ",
    "DELETE ",
    "#a",
    ":a",
    ":b",
    "a[0]",
    "d[1].e",
    "=",
    "<>",
    "(",
    ")",
    "|1|",
    "shardId-",
    "arn:aws:dynamodb:",
    "/",
    ";",
    "&",
    "%",
    "\n",
    "\n\n",
    "\0",
    "\u{1}",
    "\u{ff}",
    "\u{1f600}",
];

/// The longest mutation.
const LENGTH_MAX: usize = 8 * 1024;

/// A mutation of one of the seeds.
pub fn mutate(random: &Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let below = |limit: usize| (random.next_u64() % limit.max(1) as u64) as usize;
    let mut bytes = seeds.get(below(seeds.len())).cloned().unwrap_or_default();
    for _ in 0..1 + below(4) {
        let at = below(bytes.len() + 1);
        let end = (at + 1 + below(12)).min(bytes.len());
        match below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(8),
            1 if at < bytes.len() => bytes[at] = random.next_u64() as u8,
            2 if at < bytes.len() => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let part = bytes[at..end].to_vec();
                (0..1 + below(3)).for_each(|_| drop(bytes.splice(at..at, part.iter().copied())));
            }
            5 => {
                let other = &seeds[below(seeds.len())];
                let from = below(other.len() + 1);
                let to = (from + below(64)).min(other.len());
                bytes.splice(at..end.max(at), other[from..to].iter().copied());
            }
            6 if at < bytes.len() => {
                let number = [0, 1, 0x7f, 0x80, 0xff][below(5)];
                bytes[at..end].fill(number);
            }
            _ => {
                let word = WORDS[below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
        bytes.truncate(LENGTH_MAX);
    }
    bytes
}
