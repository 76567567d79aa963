//! The processes of one revision.
//!
//! A call takes the process that was used last, for it is the warmest; where none is idle it starts one, or waits in order
//! where there are as many as may be. A process that failed to answer (it exited, it took too long) is never used again; one
//! that answered with an error is, with all that its modules keep.

mod seats;
mod start;

use crate::call::Call;
use crate::process::Process;
use crate::supervisor::Shared;
use crate::{Finished, Invocation, PoolError, Revision};
use environment::Background;
use seats::{Seat, Seats, Taken};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a call waits for a process that has just answered another to ask for the next, before one is started: starting
/// one takes longer.
const RETURN_PATIENCE: Duration = Duration::from_millis(50);

/// The processes of one revision.
pub struct Pool {
    pub(crate) shared: Arc<Shared>,
    pub(crate) revision: Arc<Revision>,
    /// What its directory is called, in which its processes have their homes.
    pub(crate) number: u64,
    failing: AtomicBool,
    seats: Mutex<Seats>,
}

impl Pool {
    pub(crate) fn new(shared: Arc<Shared>, revision: Revision) -> Self {
        let number = shared.number();
        let seats = Mutex::new(Seats::new(shared.settings.processes_max));
        Self { shared, revision: Arc::new(revision), number, failing: AtomicBool::new(false), seats }
    }

    /// What its processes are started from.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Runs a call, on a process that is idle or a new one; waits in order where there are as many as may be. The call goes
    /// on where the future is dropped.
    ///
    /// # Errors
    /// When no process can be started, or the server is being stopped. That the function fails is no error.
    pub async fn invoke(self: &Arc<Self>, invocation: Invocation) -> Result<Finished, PoolError> {
        let pool = Arc::clone(self);
        let call = environment::spawn(async move {
            tokio::select! {
                finished = pool.run(&invocation) => finished,
                () = pool.shared.closed() => Err(PoolError::ShuttingDown),
            }
        });
        call.await.unwrap_or(Err(PoolError::ShuttingDown))
    }

    /// Starts a process for the next call, where none is idle or being started.
    pub fn prewarm(self: &Arc<Self>) {
        if *self.shared.closing.borrow() || !self.seats().warm() {
            return;
        }
        let pool = Arc::clone(self);
        drop(environment::spawn(async move {
            let start = async {
                tokio::select! {
                    started = pool.start_warm() => started,
                    () = pool.shared.closed() => None,
                }
            };
            let started = pool.background().caught("process started beforehand", start).await.flatten();
            pool.seats().warmed();
            match started {
                Some(process) => pool.release(process),
                None => pool.vacate(),
            }
        }));
    }

    /// Ends the processes that are idle, and the others when their calls have ended. Calls that come nevertheless are run,
    /// on processes that are ended after them.
    pub fn retire(&self) {
        let idle = self.seats().retire();
        // Ended outside of the lock, by being dropped.
        drop(idle);
    }

    /// Ends what is idle, and lets nobody wait any more.
    pub(crate) fn close(&self) {
        let ended = self.seats().close();
        drop(ended);
    }

    async fn run(self: &Arc<Self>, invocation: &Invocation) -> Result<Finished, PoolError> {
        let call = Call::new(self, invocation);
        loop {
            let seat = self.seat().await?;
            let run = async {
                match seat {
                    Seat::Process(process) => Ok(call.run_warm(process).await),
                    Seat::Start => call.run_cold().await,
                }
            };
            let Some(finished) = self.background().caught("call of a function", run).await else {
                // A call gives its seat back last, so it has it still. Its process is ended, by being dropped.
                self.vacate();
                return Err(PoolError::Panicked);
            };
            // Otherwise the process had died while it was idle.
            if let Some(finished) = finished? {
                return Ok(finished);
            }
        }
    }

    async fn seat(&self) -> Result<Seat, PoolError> {
        let taken = self.seats().take(true);
        let mut turn = match taken {
            Taken::Seat(seat) => return Ok(seat),
            Taken::Turn(turn) => return turn.await.map_err(|_| PoolError::ShuttingDown),
            Taken::Soon(turn) => turn,
        };
        tokio::select! {
            seat = &mut turn => return seat.map_err(|_| PoolError::ShuttingDown),
            () = self.shared.environment.clock.sleep(RETURN_PATIENCE) => {}
        }
        // It may have come at this very moment.
        turn.close();
        if let Ok(seat) = turn.try_recv() {
            return Ok(seat);
        }
        let taken = self.seats().take(false);
        match taken {
            Taken::Seat(seat) => Ok(seat),
            Taken::Turn(turn) | Taken::Soon(turn) => turn.await.map_err(|_| PoolError::ShuttingDown),
        }
    }

    /// A process may be used by the next call.
    pub(crate) fn release(self: &Arc<Self>, process: Arc<Process>) {
        if self.shared.settings.freeze && process.is_alive() {
            process.freeze(true);
        }
        let now = self.shared.environment.clock.machine();
        let (unused, sweep) = self.seats().release(process, now);
        drop(unused);
        if sweep {
            self.sweep();
        }
    }

    /// A process has answered a call; it may be used again once it asks for another, or ends where it does not in time.
    pub(crate) fn take_back(self: &Arc<Self>, process: Arc<Process>, patience: Duration) {
        if process.is_waiting() {
            return self.release(process);
        }
        self.seats().answered();
        let pool = Arc::clone(self);
        drop(environment::spawn(async move {
            let wait = async {
                tokio::select! {
                    returned = process.returns(patience) => returned,
                    () = pool.shared.closed() => false,
                }
            };
            let returned = pool.background().caught("process that has answered", wait).await.unwrap_or(false);
            pool.seats().returned();
            if returned {
                return pool.release(process);
            }
            process.end().await;
            pool.vacate();
        }));
    }

    /// A process has ended, or did not come to be: another may take its place.
    pub(crate) fn vacate(&self) {
        self.seats().vacate();
    }

    /// Ends processes that have been idle for too long, as long as any are.
    fn sweep(self: &Arc<Self>) {
        let pool = Arc::downgrade(self);
        let (clock, patience) = (self.shared.environment.clock.clone(), self.shared.settings.idle);
        let expire = move || {
            let (pool, clock) = (pool.clone(), clock.clone());
            async move {
                loop {
                    let Some(pool) = pool.upgrade() else { return };
                    let (ended, next) = pool.seats().expire(clock.machine(), patience);
                    drop(ended);
                    drop(pool);
                    let Some(next) = next else { return };
                    clock.sleep(next).await;
                }
            }
        };
        self.background().keep("idle processes", expire);
    }

    fn background(&self) -> &Background {
        &self.shared.environment.background
    }

    /// Whether the last process did not get ready: then the next call does not try twice.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }

    pub(crate) fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Release);
    }

    /// No code that holds the lock leaves it half changed, so poison means nothing here.
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // The homes of processes that end just now are removed by their supervision, what is left at the next start.
        let _ = self.shared.scratch.made_pool(self.number).map(std::fs::remove_dir_all);
    }
}
