//! Connections that never rest: they put items that expire, update and get others, and count what they are answered.

use super::ITEM_HOURS;
use crate::client::Connection;
use anyhow::{Context as _, Result, bail};
use environment::Clock;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// Items that stay: enough for answers of a megabyte.
const ITEMS: u64 = 3_000;

/// What all connections share.
pub(super) struct Work {
    pub(super) port: u16,
    pub(super) clock: Clock,
    now_ms: Cell<u64>,
    next: Cell<u64>,
    put: Cell<u64>,
    done: Cell<u64>,
    throttled: Cell<u64>,
    longest: Cell<Duration>,
    is_over: Cell<bool>,
    /// The first thing that was neither success nor throttling.
    failure: RefCell<Option<anyhow::Error>>,
}

impl Work {
    pub(super) fn new(port: u16, clock: Clock) -> Self {
        Self {
            port,
            now_ms: Cell::new(clock.wall_ms()),
            clock,
            next: Cell::new(0),
            put: Cell::new(0),
            done: Cell::new(0),
            throttled: Cell::new(0),
            longest: Cell::new(Duration::ZERO),
            is_over: Cell::new(false),
            failure: RefCell::new(None),
        }
    }

    pub(super) fn done(&self) -> u64 {
        self.done.get()
    }

    /// Items that were put, and expire.
    pub(super) fn put(&self) -> u64 {
        self.put.get()
    }

    pub(super) fn throttled(&self) -> u64 {
        self.throttled.get()
    }

    pub(super) fn longest(&self) -> Duration {
        self.longest.get()
    }

    /// The server's time.
    pub(super) fn tell_time(&self, now_ms: u64) {
        self.now_ms.set(now_ms);
    }

    pub(super) fn end(&self) {
        self.is_over.set(true);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Gives up at the first failure.
    pub(super) fn check(&self) -> Result<()> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }

    /// Works on a connection until all is over.
    pub(super) async fn run(self: Rc<Self>) {
        if let Err(error) = self.work().await {
            self.failure.borrow_mut().get_or_insert(error);
        }
    }

    async fn work(&self) -> Result<()> {
        let mut connection = Connection::open(self.port).await?;
        while !self.is_over() {
            let number = self.next.replace(self.next.get() + 1);
            let (target, body) = self.request(number);
            let begun = self.clock.machine();
            let answer = connection.call(target, body.as_bytes()).await.context("a connection under load")?;
            match answer.status {
                200 => {
                    self.done.set(self.done.get() + 1);
                    self.put.set(self.put.get() + u64::from(is_put(number)));
                }
                400 if is_throttling(answer.body) => self.throttled.set(self.throttled.get() + 1),
                other => bail!("{target} is answered {other}: {}", String::from_utf8_lossy(answer.body)),
            }
            self.longest.set(self.longest.get().max(self.clock.machine() - begun));
        }
        Ok(())
    }

    fn request(&self, number: u64) -> (&'static str, String) {
        if is_put(number) {
            let expires = self.now_ms.get() / 1_000 + ITEM_HOURS * 3_600;
            let item = format!(
                r#"{{"pk":{{"S":"passing-{number}"}},"expires":{{"N":"{expires}"}},"pad":{{"S":"{:0300}"}}}}"#,
                number
            );
            return ("DynamoDB_20120810.PutItem", format!(r#"{{"TableName":"passing","Item":{item}}}"#));
        }
        let key =
            format!(r#"{{"pk":{{"S":"item-{}"}}}}"#, number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % ITEMS);
        if number % 4 == 1 {
            let body = format!(
                r#"{{"TableName":"items","Key":{key},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{{":n":{{"N":"1"}}}}}}"#
            );
            return ("DynamoDB_20120810.UpdateItem", body);
        }
        ("DynamoDB_20120810.GetItem", format!(r#"{{"TableName":"items","Key":{key}}}"#))
    }
}

fn is_put(number: u64) -> bool {
    number.is_multiple_of(2)
}

/// Whether an error asks to try again later.
pub(super) fn is_throttling(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("ThrottlingException")
}

/// Makes the tables, and the items that stay.
pub(super) async fn prepare(connection: &mut Connection) -> Result<()> {
    for table in ["items", "passing"] {
        let request = format!(
            r#"{{"TableName":"{table}","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{{"AttributeName":"pk","AttributeType":"S"}}],"KeySchema":[{{"AttributeName":"pk","KeyType":"HASH"}}],"StreamSpecification":{{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}}}"#
        );
        connection.expect("DynamoDB_20120810.CreateTable", request.as_bytes()).await?;
    }
    let expiry =
        br#"{"TableName":"passing","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"expires"}}"#;
    connection.expect("DynamoDB_20120810.UpdateTimeToLive", expiry).await?;
    for number in 0..ITEMS {
        let body = format!(
            r#"{{"TableName":"items","Item":{{"pk":{{"S":"item-{number}"}},"pad":{{"S":"{number:0400}"}}}}}}"#
        );
        connection.expect("DynamoDB_20120810.PutItem", body.as_bytes()).await?;
    }
    Ok(())
}
