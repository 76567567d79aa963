//! Stacks behind the front door: CloudFormation by the credential scope; and what stacks need of others.

use crate::config::Config;
use crate::dynamodb::caller;
use crate::query_service::{NO_ID, call, code, is_call, response};
use bytes::Bytes;
use database::{Caller, Database};
use server::{Admission, Answer, Head, Refusal, Request, Response, Service};
use services::objects::{Address, BucketName, ObjectKey, Objects, ObjectsError};
use services::parameters::Parameters;
use stacks::resources::{Providers, Services};
use stacks::{BODY_BYTES_MAX, LookedUp, Options, Stacks, Surroundings, Template, Templates};
use std::sync::Arc;

/// The service in the credential scope.
const SERVICE: &str = "cloudformation";

/// The name of the space of the records.
const SPACE: &str = "stacks";

/// Opens the stacks. What was being done to them goes on from [`Stacks::start`] on.
pub(crate) fn open(config: &Config, database: &Database, services: Services) -> anyhow::Result<Stacks> {
    let options = Options { shared: config.shared_tables, strict: config.strict_stacks };
    let surroundings = Surroundings {
        templates: Arc::new(Buckets(services.objects.clone())),
        parameters: Arc::new(Store(services.parameters.clone())),
        registry: Arc::new(Providers::new(services)),
    };
    let space = database.service_space(SPACE)?;
    let environment = database.environment().clone();
    Ok(Stacks::open(database.runner().clone(), space, options, surroundings, environment))
}

/// The service.
pub(crate) struct CloudFormation {
    stacks: Stacks,
}

impl CloudFormation {
    pub(crate) fn new(stacks: Stacks) -> Self {
        Self { stacks }
    }
}

impl Service for CloudFormation {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.signed_for() == Some(SERVICE) && is_call(head)
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let stacks = self.stacks.clone();
        Answer::later(async move { response(stacks.call(&call(&request, &caller(&request))).await) })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::TooLarge { .. } => "ValidationError",
            _ => code(refusal),
        };
        response(stacks::unreached(refusal.status(), code, &refusal.to_string(), NO_ID))
    }
}

/// The server's own buckets, which templates are in.
struct Buckets(Objects);

impl Templates for Buckets {
    fn fetch<'a>(&'a self, account: &'a str, place: (&'a str, &'a str), bytes_max: usize) -> Template<'a> {
        Box::pin(async move {
            let (Ok(bucket), Ok(key)) = (BucketName::new(place.0), ObjectKey::new(place.1)) else {
                return Err("S3 error: The specified bucket does not exist".to_owned());
            };
            let told = |error: ObjectsError| format!("S3 error: {error}");
            let at = Address { account, bucket: &bucket, key: &key };
            let (_, mut reader) = self.0.open_object(at).map_err(told)?;
            let mut bytes = Vec::new();
            while let Some(piece) = reader.next().await.map_err(|error| format!("S3 error: {error}"))? {
                if bytes.len() + piece.len() > bytes_max {
                    return Err(format!("Template may not exceed {bytes_max} bytes in size."));
                }
                bytes.extend_from_slice(&piece);
            }
            String::from_utf8(bytes)
                .map_err(|_| "Template format error: the template is not UTF-8.".to_owned())
        })
    }
}

/// The server's own parameter store.
struct Store(Parameters);

impl stacks::Parameters for Store {
    fn value<'a>(&'a self, place: (&'a str, &'a str), name: &'a str) -> LookedUp<'a> {
        Box::pin(async move {
            let asked = serde_json::json!({ "Name": name, "WithDecryption": true });
            let body = Bytes::from(asked.to_string());
            let answer = self.0.call("GetParameter", &Caller::new(place.0, place.1), &body).await;
            if answer.status != 200 {
                return None;
            }
            let answer: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
            Some(answer.get("Parameter")?.get("Value")?.as_str()?.to_owned())
        })
    }
}
