//! How often the disk itself syncs: the raw rate that a single durable writer is held against.

use anyhow::Result;
use environment::Environment;
use std::io::Write as _;
use std::path::Path;

/// Appends of 4 KiB, each with its own `fdatasync`, per second.
pub(crate) fn sync_rate(environment: &Environment, directory: &Path, seconds: f64) -> Result<f64> {
    let mut file = std::fs::File::create(directory.join("sync-rate"))?;
    let block = [0x5A; 4096];
    let start = environment.clock.machine();
    let mut syncs = 0u32;
    loop {
        file.write_all(&block)?;
        file.sync_data()?;
        syncs += 1;
        let elapsed = (environment.clock.machine() - start).as_secs_f64();
        if elapsed >= seconds {
            return Ok(f64::from(syncs) / elapsed);
        }
    }
}
