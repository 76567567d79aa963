//! How asynchronous calls are treated: retries, age, destinations.

use super::list_functions::PAGE_MAX;
use crate::api::call::Call;
use crate::api::describe::event_invoke;
use crate::api::members::Members;
use crate::api::{Answer, Failure};
use crate::functions::name::LATEST;
use crate::functions::record::{EventInvoke, Function};
use serde_json::json;
use std::sync::Arc;

/// Services that have what can be a destination here.
const SERVICES: [&str; 4] = [":sqs:", ":sns:", ":lambda:", ":s3:"];

fn read(members: &mut Members) -> Result<EventInvoke, Failure> {
    let retries_max = members.integer("MaximumRetryAttempts", (0, 2))?;
    let age_max_s = members.integer("MaximumEventAgeInSeconds", (60, 21_600))?;
    members.finish()?;
    let on_success = destination(members, "DestinationConfig.OnSuccess.Destination")?;
    let on_failure = destination(members, "DestinationConfig.OnFailure.Destination")?;
    Ok(EventInvoke { retries_max, age_max_s, on_success, on_failure, modified_ms: 0 })
}

fn destination(members: &mut Members, path: &str) -> Result<Option<String>, Failure> {
    let arn = members.text_of(path, (0, 350))?;
    members.finish()?;
    match arn {
        Some(arn) if arn.contains(":events:") => Err(Failure::unsupported("A destination in EventBridge")),
        Some(arn) if !arn.is_empty() && !SERVICES.iter().any(|service| arn.contains(service)) => {
            Err(Failure::invalid(format!(
                "The provided destination config DestinationConfig is invalid: {arn} is not the ARN of a queue, a topic, a function or a bucket."
            )))
        }
        Some(arn) if arn.ends_with(".fifo") => Err(Failure::invalid(format!(
            "The destination ARN {arn} is invalid: FIFO queues and topics cannot be destinations."
        ))),
        arn => Ok(arn.filter(|arn| !arn.is_empty())),
    }
}

fn missing(function: &Function, qualifier: &str) -> Failure {
    let arn = function.arn(Some(qualifier));
    Failure::not_found(format!("The function {arn} doesn't have an EventInvokeConfig"))
}

impl Call {
    /// The function, and the qualifier under which its settings are.
    fn event_invoke_place(&self) -> Result<(Arc<Function>, String), Failure> {
        let (function, _, qualifier) = self.version()?;
        Ok((function, qualifier.unwrap_or_else(|| LATEST.to_owned())))
    }

    pub(super) async fn put_event_invoke(self) -> Result<Answer, Failure> {
        let given = read(&mut self.members()?)?;
        if given == EventInvoke::default() {
            return Err(Failure::invalid(
                "You must specify at least one of error handling or destination setting.",
            ));
        }
        self.set_event_invoke(move |_| Ok(given)).await
    }

    pub(super) async fn update_event_invoke(self) -> Result<Answer, Failure> {
        let given = read(&mut self.members()?)?;
        self.set_event_invoke(move |present| {
            let present = present?;
            Ok(EventInvoke {
                retries_max: given.retries_max.or(present.retries_max),
                age_max_s: given.age_max_s.or(present.age_max_s),
                on_success: given.on_success.or(present.on_success),
                on_failure: given.on_failure.or(present.on_failure),
                modified_ms: 0,
            })
        })
        .await
    }

    async fn set_event_invoke(
        self,
        change: impl FnOnce(Result<EventInvoke, Failure>) -> Result<EventInvoke, Failure> + Send + 'static,
    ) -> Result<Answer, Failure> {
        let (function, qualifier) = self.event_invoke_place()?;
        let edit = self.functions.edit(&function, move |function, now_ms| {
            let present = function.event_invoke.get(&qualifier).cloned();
            let present = present.ok_or_else(|| missing(function, &qualifier));
            let changed = EventInvoke { modified_ms: now_ms, ..change(present)? };
            function.event_invoke.insert(qualifier.clone(), changed.clone());
            Ok((qualifier, changed))
        });
        let ((qualifier, changed), function) = edit.await?;
        Ok(Answer::json(200, &event_invoke(&function, &qualifier, &changed)))
    }

    pub(super) fn get_event_invoke(&self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.event_invoke_place()?;
        let found = function.event_invoke.get(&qualifier).ok_or_else(|| missing(&function, &qualifier))?;
        Ok(Answer::json(200, &event_invoke(&function, &qualifier, found)))
    }

    pub(super) async fn delete_event_invoke(self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.event_invoke_place()?;
        let edit = self.functions.edit(&function, move |function, _| {
            match function.event_invoke.remove(&qualifier) {
                Some(_) => Ok(()),
                None => Err(missing(function, &qualifier)),
            }
        });
        edit.await?;
        Ok(Answer::empty(204))
    }

    pub(super) fn list_event_invoke(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let all = function.event_invoke.iter().collect();
        let key = |(qualifier, _): &(&String, &EventInvoke)| (*qualifier).clone();
        let (page, next) = self.page(all, PAGE_MAX, key)?;
        let entries: Vec<_> =
            page.iter().map(|(qualifier, config)| event_invoke(&function, qualifier, config)).collect();
        let mut answer = json!({ "FunctionEventInvokeConfigs": entries });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }
}
