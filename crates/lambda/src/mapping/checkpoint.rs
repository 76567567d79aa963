//! What must outlive a restart: for each shard, how far each lane has come, and the state of its tumbling window.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format, 1 |
//! | 1 | 1 where the shard is finished, else 0 |
//! | 1 | how many lanes |
//! | 16 | each lane: the sequence number below which all its records are done |
//! | 1 | and whether it has a window: 0 none, 1 open, 2 to be closed early |
//! | 8, 4, n | and, of a window: when it began, the length of its state, its state |
//!
//! Integers are little-endian.

const FORMAT: u8 = 1;

/// How far a shard has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whether it was read to its end and all of it is done.
    pub finished: bool,
    /// Its lanes; at most 255.
    pub lanes: Vec<LaneCheckpoint>,
}

/// How far a lane has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneCheckpoint {
    /// Every record of this lane with a lower sequence number is done.
    pub next: u128,
    /// The tumbling window that is open.
    pub window: Option<Window>,
}

/// A tumbling window under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it began.
    pub start_ms: u64,
    /// What the function returned last, as JSON.
    pub state: Vec<u8>,
    /// Whether it is to be closed before its time, because its state grew too large.
    pub early: bool,
}

/// Bytes that are no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint is damaged")]
pub struct Damaged;

impl Checkpoint {
    /// One that begins at a sequence number, for a starting position other than TRIM_HORIZON.
    #[must_use]
    pub fn starting(next: u128) -> Self {
        Self { finished: false, lanes: vec![LaneCheckpoint { next, window: None }] }
    }

    /// The lowest sequence number that is not done in every lane.
    #[must_use]
    pub fn watermark(&self) -> u128 {
        self.lanes.iter().map(|lane| lane.next).min().unwrap_or(0)
    }

    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let lanes = self.lanes.get(..255).unwrap_or(&self.lanes);
        let mut out = vec![FORMAT, u8::from(self.finished), u8::try_from(lanes.len()).unwrap_or(u8::MAX)];
        for lane in lanes {
            out.extend_from_slice(&lane.next.to_le_bytes());
            let Some(window) = &lane.window else {
                out.push(0);
                continue;
            };
            out.push(if window.early { 2 } else { 1 });
            out.extend_from_slice(&window.start_ms.to_le_bytes());
            out.extend_from_slice(&u32::try_from(window.state.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(&window.state);
        }
        out
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut rest = bytes;
        let [format, finished, count] = take::<3>(&mut rest)?;
        if format != FORMAT || finished > 1 {
            return Err(Damaged);
        }
        let lanes = (0..count).map(|_| lane(&mut rest)).collect::<Result<_, _>>()?;
        if rest.is_empty() { Ok(Self { finished: finished == 1, lanes }) } else { Err(Damaged) }
    }
}

fn lane(rest: &mut &[u8]) -> Result<LaneCheckpoint, Damaged> {
    let next = u128::from_le_bytes(take(rest)?);
    let [form] = take::<1>(rest)?;
    if form > 2 {
        return Err(Damaged);
    }
    let mut window = None;
    if form != 0 {
        let start_ms = u64::from_le_bytes(take(rest)?);
        let length = u32::from_le_bytes(take(rest)?) as usize;
        let (state, behind) = rest.split_at_checked(length).ok_or(Damaged)?;
        *rest = behind;
        window = Some(Window { start_ms, state: state.to_vec(), early: form == 2 });
    }
    Ok(LaneCheckpoint { next, window })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Damaged> {
    let (bytes, behind) = rest.split_first_chunk().ok_or(Damaged)?;
    *rest = behind;
    Ok(*bytes)
}
