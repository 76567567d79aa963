//! A function in Python on a server, which tells by a datagram that it was called.

use super::{MAPPED, OFFERED, PLAIN, TURNS, WARM_UP, percentiles, row};
use crate::Arguments;
use crate::client::Connection;
use crate::process::{Server, free_port};
use crate::report::middle;
use crate::requests::{item, put};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use environment::Environment;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::UdpSocket;

const PUT: &str = "DynamoDB_20120810.PutItem";
const CONNECTIONS: u64 = 16;

struct World {
    environment: Environment,
    server: Server,
    connection: Connection,
    socket: UdpSocket,
}

impl World {
    async fn new(arguments: &Arguments) -> Result<Self> {
        let environment = Environment::system();
        let port = free_port()?;
        let flags = ["serve", "--in-memory", "--port", &port.to_string()].map(str::to_owned);
        let server = Server::start(&environment, &arguments.tailwater()?, &flags, port).await?;
        let connection = Connection::open(port).await?;
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        Ok(Self { environment, server, connection, socket })
    }

    async fn table(&mut self, name: &str) -> Result<String> {
        let table = json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        });
        let body = table.to_string();
        let answer = self.connection.expect("DynamoDB_20120810.CreateTable", body.as_bytes()).await?;
        let answer: Value = serde_json::from_slice(answer.body)?;
        Ok(answer["TableDescription"]["LatestStreamArn"].as_str().context("a stream")?.to_owned())
    }

    async fn post(&mut self, path: &str, body: Value) -> Result<()> {
        let answer = self.connection.post(path, "lambda", body.to_string().as_bytes()).await?;
        if answer.status >= 300 {
            bail!("{path} answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        Ok(())
    }

    /// Makes the function and maps the stream to it.
    async fn map(&mut self, stream: &str) -> Result<()> {
        let port = self.socket.local_addr()?.port();
        let code = format!(
            "import socket\nS = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ndef handler(event, context):\n    \
             S.sendto(str(len(event['Records'])).encode(), ('127.0.0.1', {port}))\n"
        );
        let function = json!({
            "FunctionName": "f", "Runtime": "python3.12", "Handler": "main.handler",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Code": {"ZipFile": STANDARD.encode(archive("main.py", code.as_bytes()))},
        });
        self.post("/2015-03-31/functions", function).await?;
        let mapping = json!({"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST"});
        self.post("/2015-03-31/event-source-mappings", mapping).await
    }

    /// How many records a call had.
    async fn called(&self, within: Duration) -> Result<u64> {
        let mut bytes = [0; 16];
        let length =
            tokio::time::timeout(within, self.socket.recv(&mut bytes)).await.context("no call")??;
        Ok(std::str::from_utf8(&bytes[..length])?.parse()?)
    }

    async fn latency(&mut self) -> Result<String> {
        let clock = self.environment.clock.clone();
        let mut samples = Vec::new();
        for n in 0..1_000 {
            self.connection.expect(PUT, put(MAPPED, &item(7, n)).as_bytes()).await?;
            let answered = clock.machine();
            self.called(Duration::from_secs(10)).await?;
            if n >= 50 {
                samples.push((clock.machine() - answered).as_secs_f64() * 1e6);
            }
            clock.sleep(Duration::from_millis(2)).await;
        }
        Ok(percentiles(samples))
    }

    /// Offers puts at a fixed rate; answers how many were made, and the server's CPU for each in us.
    async fn offer(&self, table: &'static str, seconds: f64, revision: u64) -> Result<(u64, f64)> {
        let cpu_s = self.server.cpu_s()?;
        let mut tasks = Vec::new();
        for number in 0..CONNECTIONS {
            let (clock, port) = (self.environment.clock.clone(), self.server.port);
            tasks.push(environment::spawn(async move {
                let mut connection = Connection::open(port).await?;
                let (began, mut made) = (clock.machine(), 0_u64);
                loop {
                    let passed = clock.machine() - began;
                    if passed.as_secs_f64() >= seconds {
                        return anyhow::Ok(made);
                    }
                    if made * 1_000_000 * CONNECTIONS > passed.as_micros() as u64 * OFFERED {
                        clock.sleep(Duration::from_millis(1)).await;
                        continue;
                    }
                    let key = (made * CONNECTIONS + number) % 20_000;
                    connection.expect(PUT, put(table, &item(key, revision + made)).as_bytes()).await?;
                    made += 1;
                }
            }));
        }
        let mut made = 0;
        for task in tasks {
            made += task.await??;
        }
        Ok((made, (self.server.cpu_s()? - cpu_s) * 1e6 / made.max(1) as f64))
    }
}

/// An archive of one file, which is not compressed.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default().to_le_bytes();
    let name_length = u16::try_from(name.len()).unwrap_or_default().to_le_bytes();
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5a];
    common.extend(crc32fast::hash(content).to_le_bytes());
    common.extend([length, length].concat());
    common.extend(name_length);
    common.extend([0, 0]);
    let mut out = [b"PK\x03\x04", &common[..], name.as_bytes(), content].concat();
    let directory_at = u32::try_from(out.len()).unwrap_or_default().to_le_bytes();
    let attributes = (0o100_644_u32 << 16).to_le_bytes();
    let entry =
        [b"PK\x01\x02\x14\x03", &common[..], &[0; 6], &attributes[..], &[0; 4], name.as_bytes()].concat();
    let directory_length = u32::try_from(entry.len()).unwrap_or_default().to_le_bytes();
    out.extend(entry);
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend([directory_length, directory_at].concat());
    out.extend([0, 0]);
    out
}

/// Offers puts to the table with the mapping; answers how many were made, how many the function got, and the server's CPU for
/// each in us.
async fn offer_mapped(world: &World, seconds: f64, revision: u64) -> Result<(u64, u64, f64)> {
    let (offered, counted) = tokio::join!(world.offer(MAPPED, seconds, revision), async {
        let mut records = 0;
        while let Ok(count) = world.called(Duration::from_secs(1)).await {
            records += count;
        }
        records
    });
    let (made, cpu_us) = offered?;
    Ok((made, counted, cpu_us))
}

pub(super) async fn run(arguments: &Arguments) -> Result<()> {
    let mut world = World::new(arguments).await?;
    world.table(PLAIN).await?;
    let stream = world.table(MAPPED).await?;
    let seconds = arguments.seconds;
    world.map(&stream).await?;
    world.offer(PLAIN, seconds / 2.0, WARM_UP).await?;
    offer_mapped(&world, seconds / 2.0, WARM_UP).await?;
    row("put answered to the first line of a Python handler", world.latency().await?);
    let (mut puts, mut delivered, mut without_us, mut with_us) = (0, 0, Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        let (_, cpu_us) = world.offer(PLAIN, seconds, turn << 40).await?;
        without_us.push(cpu_us);
        let (made, counted, cpu_us) = offer_mapped(&world, seconds, turn << 40).await?;
        (puts, delivered) = (puts + made, delivered + counted);
        with_us.push(cpu_us);
    }
    let (without_us, with_us) = (middle(without_us.into_iter()), middle(with_us.into_iter()));
    row("puts a second offered to a server", format!("{:.0}", puts as f64 / seconds / TURNS as f64));
    row("records delivered of those put", format!("{delivered} of {puts}"));
    row("the server's CPU a put without a mapping", format!("{without_us:.1} us"));
    let more = (with_us / without_us - 1.0) * 100.0;
    row("the server's CPU a put with a Python function", format!("{with_us:.1} us, {more:+.0} %"));
    Ok(())
}
