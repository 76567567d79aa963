//! The driver of a mapping of a queue: it receives messages, calls the function with them, and deletes those that are done.
//!
//! One worker waits for messages; while it calls the function, another one waits in its place, up to as many as the mapping
//! may have calls at a time. An idle mapping is one worker that sleeps until the queue wakes it. What a function fails is
//! visible again when the queue says so, and is the queue's to give up; but when the function is changed, it is visible at
//! once. Where the function cannot be called at all, a batch is kept until it can be, so that messages are not given up for
//! that. In a FIFO queue no group is in two calls at a time: the queue holds a group back while one of its messages is in
//! flight.

mod event;
mod orders;
mod outcome;
mod team;
mod worker;

use super::registry::{Context, Directive};
use super::{Shared, StoredMapping};
use crate::history::Questions;
use orders::{Order, Orders};
use std::sync::Arc;
use team::Team;
use tokio::sync::mpsc;

/// Runs a mapping until it is told to end.
pub(super) async fn drive(context: Context) {
    let Context { shared, mapping, status, directives } = context;
    let Some(queues) = shared.parts.queues.clone() else {
        tracing::error!(mapping = %mapping.uuid, "there are no queues to be read");
        return;
    };
    let track = shared.parts.history.track(mapping.uuid.as_str());
    let orders = Arc::new(Orders::new(Order::Run(Arc::clone(&mapping))));
    let _last = LastOrder(Arc::clone(&orders));
    let questions = track.questions();
    let team = Arc::new(Team::new(Arc::clone(&shared), queues, (status, track), Arc::clone(&orders)));
    team.recruit();
    team.track.moved();
    let driver = Driver { shared: &shared, team, orders, mapping };
    driver.run(directives, questions).await;
}

/// Ends the workers with their driver, however that ends.
struct LastOrder(Arc<Orders>);

impl Drop for LastOrder {
    fn drop(&mut self) {
        self.0.give(Order::Stop);
    }
}

/// What the workers are told comes from here.
struct Driver<'a> {
    shared: &'a Shared,
    team: Arc<Team>,
    orders: Arc<Orders>,
    mapping: Arc<StoredMapping>,
}

/// What happened.
enum Happened {
    Told(Option<Directive>),
    Asked(crate::history::Question),
    Changed,
}

impl Driver<'_> {
    async fn run(mut self, mut directives: mpsc::UnboundedReceiver<Directive>, mut questions: Questions) {
        let invoke = &*self.shared.parts.invoke;
        let mut changed = invoke.changed(&self.mapping.function_arn);
        loop {
            let happened = tokio::select! {
                biased;
                directive = directives.recv() => Happened::Told(directive),
                question = questions.next() => Happened::Asked(question),
                () = &mut changed => Happened::Changed,
            };
            match happened {
                Happened::Told(Some(Directive::Settings(mapping))) => {
                    self.mapping = mapping;
                    changed = invoke.changed(&self.mapping.function_arn);
                    self.orders.give(Order::Run(Arc::clone(&self.mapping)));
                    self.team.recruit();
                    self.team.track.moved();
                }
                Happened::Told(Some(Directive::Delete)) => {
                    self.orders.give(Order::Stop);
                    return;
                }
                Happened::Told(Some(Directive::Stop) | None) => return self.stop().await,
                Happened::Asked(question) => question.answer(self.team.status(&self.mapping)),
                Happened::Changed => {
                    changed = invoke.changed(&self.mapping.function_arn);
                    self.team.retry(&self.mapping).await;
                }
            }
        }
    }

    /// Ends, when calls under way have ended, or after a while; their messages are then received again.
    async fn stop(self) {
        self.orders.give(Order::Stop);
        let clock = &self.shared.parts.database.environment().clock;
        tokio::select! {
            biased;
            () = self.team.gone() => {}
            () = clock.sleep(self.shared.options.grace) => {
                tracing::warn!(mapping = %self.mapping.uuid, "messages of a call under way will be received again");
                self.team.dismiss();
            }
        }
    }
}
