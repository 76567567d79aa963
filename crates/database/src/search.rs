//! Searching a vector index: every vector of it, or of one partition, is held against the one asked for, so that
//! the answer is exact. What is kept of the walk are the keys of the best so far.

use crate::table::{Distance, ELEMENT_BYTES};
use bytes::Bytes;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Sums are made in this many lanes, which the processor does side by side. The order of summation is fixed, so
/// that a vector has the same score each time.
const LANES: usize = 8;

/// The vector asked for.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    elements: Vec<f32>,
    distance: Distance,
    /// Its length.
    norm: f64,
}

impl Query {
    pub(crate) fn new(elements: Vec<f32>, distance: Distance) -> Query {
        let norm = elements.iter().map(|element| f64::from(*element) * f64::from(*element)).sum::<f64>();
        Query { elements, distance, norm: norm.sqrt() }
    }

    /// How far a stored vector of the same length is: the lower, the more similar.
    pub(crate) fn rank(&self, vector: &[u8]) -> f64 {
        let product = |a, b| a * b;
        match self.distance {
            Distance::Cosine => {
                let norms = self.norm * sum(&self.elements, vector, |_, b| b * b).sqrt();
                // A vector without a direction is neither like nor unlike any other.
                if norms == 0.0 {
                    return 1.0;
                }
                (1.0 - sum(&self.elements, vector, product) / norms).clamp(0.0, 2.0)
            }
            Distance::DotProduct => -sum(&self.elements, vector, product),
            Distance::Euclidean => sum(&self.elements, vector, |a, b| (a - b) * (a - b)).sqrt(),
        }
    }

    /// The score of a rank, as an answer tells it.
    pub(crate) fn score(&self, rank: f64) -> f64 {
        if self.distance == Distance::DotProduct { 0.0 - rank } else { rank }
    }
}

/// The sum of a term over the elements of both vectors.
#[inline]
fn sum(elements: &[f32], vector: &[u8], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (whole, stored) = (elements.chunks_exact(LANES), vector.chunks_exact(LANES * ELEMENT_BYTES));
    let (rest, stored_rest) = (whole.remainder(), stored.remainder());
    for (elements, stored) in whole.zip(stored) {
        add(&mut lanes, elements, stored, &term);
    }
    add(&mut lanes, rest, stored_rest, &term);
    lanes.iter().sum()
}

#[inline]
fn add(lanes: &mut [f64; LANES], elements: &[f32], stored: &[u8], term: &impl Fn(f64, f64) -> f64) {
    for ((lane, element), stored) in lanes.iter_mut().zip(elements).zip(stored.chunks_exact(ELEMENT_BYTES)) {
        let stored = f32::from_le_bytes([stored[0], stored[1], stored[2], stored[3]]);
        *lane += term(f64::from(*element), f64::from(stored));
    }
}

/// The nearest of the vectors offered so far.
#[derive(Debug)]
pub(crate) struct Nearest {
    count: usize,
    offered: u64,
    /// The farthest on top.
    found: BinaryHeap<Found>,
}

/// One of the nearest.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// How far it is.
    pub(crate) rank: f64,
    /// Of several as far, the one offered first is taken.
    place: u64,
    /// The key of its entry.
    pub(crate) key: Bytes,
}

impl Ord for Found {
    fn cmp(&self, other: &Found) -> Ordering {
        self.rank.total_cmp(&other.rank).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Found) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Found) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Found {}

impl Nearest {
    /// At most so many.
    pub(crate) fn new(count: usize) -> Nearest {
        Nearest { count, offered: 0, found: BinaryHeap::with_capacity(count + 1) }
    }

    /// Takes a vector's entry, if it is nearer than one of those found.
    #[inline]
    pub(crate) fn offer(&mut self, rank: f64, key: &[u8]) {
        self.offered += 1;
        if self.found.len() >= self.count && self.found.peek().is_none_or(|worst| rank >= worst.rank) {
            return;
        }
        if self.found.len() >= self.count {
            self.found.pop();
        }
        self.found.push(Found { rank, place: self.offered, key: Bytes::copy_from_slice(key) });
    }

    /// The nearest, in order.
    pub(crate) fn into_sorted(self) -> Vec<Found> {
        self.found.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(vector: &[f32]) -> Vec<u8> {
        vector.iter().flat_map(|element| element.to_le_bytes()).collect()
    }

    fn plainly(distance: Distance, a: &[f32], b: &[f32]) -> f64 {
        let wide = |vector: &[f32]| vector.iter().map(|element| f64::from(*element)).collect::<Vec<f64>>();
        let (a, b) = (wide(a), wide(b));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        match distance {
            Distance::Cosine if dot(&a, &a) * dot(&b, &b) == 0.0 => 1.0,
            Distance::Cosine => 1.0 - dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt()),
            Distance::DotProduct => dot(&a, &b),
            Distance::Euclidean => a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        }
    }

    #[test]
    fn known_distances() {
        let rows = [
            (Distance::Cosine, [1.0, 0.0], [2.0, 0.0], 0.0),
            (Distance::Cosine, [1.0, 0.0], [-2.0, 0.0], 2.0),
            (Distance::Cosine, [1.0, 0.0], [0.0, 3.0], 1.0),
            (Distance::Cosine, [1.0, 0.0], [0.0, 0.0], 1.0),
            (Distance::DotProduct, [1.0, 2.0], [3.0, 4.0], 11.0),
            (Distance::Euclidean, [0.0, 0.0], [3.0, 4.0], 5.0),
            (Distance::Euclidean, [f32::MAX, 0.0], [f32::MIN, 0.0], 2.0 * f64::from(f32::MAX)),
        ];
        for (distance, a, b, score) in rows {
            let query = Query::new(a.to_vec(), distance);
            assert_eq!(query.score(query.rank(&bytes(&b))), score, "{distance:?} {a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_of_a_plain_sort(
            (query, vectors) in (1_usize..20).prop_flat_map(|dimensions| {
                let vector = prop::collection::vec(-3.0_f32..3.0, dimensions);
                (vector.clone(), prop::collection::vec(vector, 0..30))
            }),
            count in 1_usize..12,
        ) {
            for distance in [Distance::Cosine, Distance::DotProduct, Distance::Euclidean] {
                let asked = Query::new(query.clone(), distance);
                let mut nearest = Nearest::new(count);
                for (place, vector) in vectors.iter().enumerate() {
                    nearest.offer(asked.rank(&bytes(vector)), &[place as u8]);
                }
                let mut scores: Vec<f64> =
                    vectors.iter().map(|vector| plainly(distance, &query, vector)).collect();
                scores.sort_by(f64::total_cmp);
                if distance == Distance::DotProduct {
                    scores.reverse();
                }
                scores.truncate(count);
                let found = nearest.into_sorted();
                prop_assert_eq!(found.len(), scores.len());
                for (found, score) in found.iter().zip(&scores) {
                    prop_assert!((asked.score(found.rank) - score).abs() < 1e-9);
                    let own = plainly(distance, &query, &vectors[usize::from(found.key[0])]);
                    prop_assert!((own - score).abs() < 1e-9);
                }
            }
        }
    }
}
