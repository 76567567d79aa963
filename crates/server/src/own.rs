//! The server's own endpoints, below `/_tailwater/`.
//!
//! They speak plain JSON, and move clocks and shards, so they serve this machine only, and from elsewhere
//! only whoever proves to hold a key. `GET /_tailwater/health` is for everyone: it answers once the server
//! is ready, which it is before it listens, and says what service time is where that is not the machine's, and which tasks
//! in the background have panicked.

use crate::{Admission, Answer, Head, Refusal, Request, Response, Service};
use environment::{Condition, Environment, Panicked};
use std::fmt::Write as _;
use std::sync::Arc;

/// Where they live.
pub(crate) const PREFIX: &str = "/_tailwater/";

/// The largest body that they take.
const BODY_LIMIT: usize = 1 << 20;

/// Answers requests at one of our own endpoints and below it.
pub type OwnEndpoint = Arc<dyn Fn(Request) -> Answer + Send + Sync>;

/// All of them.
#[derive(Default)]
pub(crate) struct Own {
    endpoints: Vec<(&'static str, OwnEndpoint)>,
    environment: Option<Environment>,
}

impl Own {
    pub(crate) fn add(&mut self, name: &'static str, endpoint: OwnEndpoint) {
        self.endpoints.push((name, endpoint));
    }

    pub(crate) fn set_environment(&mut self, environment: Environment) {
        self.environment = Some(environment);
    }

    /// What `health` answers.
    fn health(&self) -> String {
        let panicked = self.environment.as_ref().map(|environment| environment.background.panicked());
        let panicked = panicked.unwrap_or_default();
        let is_well = panicked.iter().all(|one| one.condition == Condition::Recovered);
        let status = if is_well { "ready" } else { "degraded" };
        let mut text = format!("{{\"status\":\"{status}\",\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
        let clock = self.environment.as_ref().map(|environment| &environment.clock);
        if let Some(clock) = clock.filter(|clock| !clock.is_machines()) {
            let (now_ms, offset_ms, frozen) = (clock.now_ms(), clock.offset_ms(), clock.is_frozen());
            // Writing to a String does not fail.
            let _ = write!(
                text,
                ",\"clock\":{{\"now_ms\":{now_ms},\"offset_ms\":{offset_ms},\"frozen\":{frozen}}}"
            );
        }
        if !panicked.is_empty() {
            let told: Vec<String> = panicked.iter().map(told).collect();
            let _ = write!(text, ",\"panicked\":[{}]", told.join(","));
        }
        text + "}\n"
    }
}

/// What `health` says of a task that has panicked. Not why: it is for everyone.
fn told(one: &Panicked) -> String {
    let (name, panics, condition) = (&one.name, one.panics, one.condition.name());
    // A name is plain text, for which quotes are the same in JSON.
    format!("{{\"task\":{name:?},\"panics\":{panics},\"condition\":\"{condition}\"}}")
}

/// The name of the endpoint in a path: the part after the prefix.
fn name(path: &str) -> &str {
    let rest = path.strip_prefix(PREFIX).unwrap_or_default();
    rest.split_once('/').map_or(rest, |(name, _)| name)
}

impl Service for Own {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.path().starts_with(PREFIX)
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        let name = name(head.path());
        if name == "health" {
            return Err(Response::json(200, self.health()));
        }
        if self.endpoints.iter().any(|(known, _)| *known == name) {
            return Ok(Admission { body_limit: BODY_LIMIT, authentication: false });
        }
        Err(Response::json(404, "{\"error\":\"there is no such endpoint\"}\n"))
    }

    fn call(&self, request: Request) -> Answer {
        let name = name(request.path());
        match self.endpoints.iter().find(|(known, _)| *known == name) {
            // Whoever is not on this machine must have proven a key, which an anonymous request has not.
            Some(_) if !request.peer.ip().to_canonical().is_loopback() && !request.proven => {
                let message = "{\"error\":\"only for requests from this machine, or signed with a key of this server\"}\n";
                Response::json(403, message).into()
            }
            Some((_, endpoint)) => endpoint(request),
            None => Response::json(404, "{\"error\":\"there is no such endpoint\"}\n").into(),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        // No refusal's text holds a character that JSON would have to escape, but for those of AWS's
        // signature errors, which are of no use here.
        let text = match refusal {
            Refusal::Unauthenticated(_) => "the signature is not valid".to_owned(),
            other => other.to_string(),
        };
        Response::json(refusal.status(), format!("{{\"error\":\"{text}\"}}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Own, name};
    use environment::Environment;
    use std::time::Duration;

    #[test]
    fn an_endpoint_is_named_by_the_first_part_of_its_path() {
        assert_eq!(name("/_tailwater/clock"), "clock");
        assert_eq!(name("/_tailwater/streams/split/a"), "streams");
        assert_eq!(name("/_tailwater/"), "");
    }

    #[test]
    fn health_says_what_time_it_is_where_that_is_not_the_machines() {
        let (environment, mut own) = (Environment::simulated(0, 1_000), Own::default());
        let (plain, clock) = (own.health(), environment.clock.clone());
        own.set_environment(environment);
        assert_eq!(own.health(), plain);
        clock.advance(50);
        clock.freeze();
        let end = ",\"clock\":{\"now_ms\":1050,\"offset_ms\":50,\"frozen\":true}}\n";
        assert!(own.health().ends_with(end), "{}", own.health());
    }

    #[tokio::test]
    async fn health_says_what_has_panicked_in_the_background() {
        let (environment, mut own) = (Environment::simulated(0, 1_000), Own::default());
        own.set_environment(environment.clone());
        let (clock, background) = (&environment.clock, &environment.background);
        background.aside("courier", async { panic!("in private") }).await.unwrap();
        let told = r#","panicked":[{"task":"courier","panics":1,"condition":"restarted"}]}"#;
        assert!(own.health().starts_with(r#"{"status":"degraded""#), "{}", own.health());
        assert!(own.health().ends_with(&format!("{told}\n")), "{}", own.health());
        clock.pass(Duration::from_secs(60));
        assert!(own.health().starts_with(r#"{"status":"ready""#), "{}", own.health());
        assert!(own.health().contains(r#""condition":"recovered""#), "{}", own.health());
        background.once("export", async { panic!("in private") }).await.unwrap();
        clock.pass(Duration::from_secs(60));
        assert!(own.health().starts_with(r#"{"status":"degraded""#), "{}", own.health());
        assert!(!own.health().contains("private"), "{}", own.health());
    }
}
