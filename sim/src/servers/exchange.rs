//! One exchange, and what becomes of it on the way.

use super::connection::End;
use super::http::{Answer, Request};
use crate::plan::below;
use environment::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the network does to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing.
    Whole,
    /// The connection is dropped before all of the request is out.
    CutInRequest,
    /// It is dropped when the request is out.
    CutBeforeAnswer,
    /// It is dropped in the middle of the answer.
    CutInAnswer,
    /// The client falls silent in the middle of the request.
    HalfOpenInRequest,
    /// It falls silent when the request is out.
    HalfOpenBeforeAnswer,
}

impl Fate {
    /// Of an exchange.
    pub(super) fn draw(random: &Random) -> Self {
        match below(random, 100) {
            0..3 => Self::CutInRequest,
            3..5 => Self::CutBeforeAnswer,
            5..7 => Self::CutInAnswer,
            7 => Self::HalfOpenInRequest,
            8 => Self::HalfOpenBeforeAnswer,
            _ => Self::Whole,
        }
    }
}

/// What came of an exchange.
#[derive(Debug)]
pub(super) enum Came {
    /// An answer.
    Answer(Answer),
    /// None; the server may have got the request whole, or cannot have.
    Nothing {
        /// Whether all of it was sent.
        is_sent: bool,
    },
}

/// Sends a request, and reads the answer.
pub(super) async fn exchange(
    end: &mut End,
    request: &Request,
    (fate, is_slow): (Fate, bool),
    random: &Random,
) -> Came {
    let is_cut = matches!(fate, Fate::CutInRequest | Fate::HalfOpenInRequest);
    let count = if is_cut { place_to_cut(request, random) } else { request.bytes.len() };
    let written = end.write_all(&request.bytes[..count]).await;
    if is_cut {
        return Came::Nothing { is_sent: false };
    }
    // A server that has ended the connection may have answered before.
    if written.is_err() || matches!(fate, Fate::CutBeforeAnswer | Fate::HalfOpenBeforeAnswer) {
        idle(random, 6).await;
        return Came::Nothing { is_sent: true };
    }
    read(end, (fate, is_slow), random).await
}

async fn read(end: &mut End, (fate, is_slow): (Fate, bool), random: &Random) -> Came {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let piece = if is_slow || fate == Fate::CutInAnswer { 20 } else { buffer.len() };
    loop {
        match end.read(&mut buffer[..piece]).await {
            Ok(count @ 1..) => bytes.extend(&buffer[..count]),
            Ok(0) | Err(_) => return Came::Nothing { is_sent: true },
        }
        // The head of an answer alone is longer than the first piece.
        if fate == Fate::CutInAnswer {
            return Came::Nothing { is_sent: true };
        }
        if let Some(answer) = Answer::read(&bytes) {
            return Came::Answer(answer);
        }
        if is_slow {
            idle(random, 4).await;
        }
    }
}

/// Somewhere before the end, and often where something has just ended.
fn place_to_cut(request: &Request, random: &Random) -> usize {
    let [head, body, end] = request.marks;
    match below(random, 4) {
        0 => head,
        1 if body < end => body,
        _ => below(random, end as u64) as usize,
    }
}

/// Leaves some turns to others.
async fn idle(random: &Random, most: u64) {
    for _ in 0..below(random, most) {
        environment::yield_now().await;
    }
}
