//! The configuration of function URLs. Requests at them are [`crate::function_urls`]'.

use super::list_functions::PAGE_MAX;
use crate::api::call::{Call, not_found};
use crate::api::members::Members;
use crate::api::{Answer, Failure};
use crate::function_urls;
use crate::functions::name::{LATEST, is_number};
use crate::functions::record::{Function, Url};
use serde_json::{Value, json};
use std::sync::Arc;

fn described(function: &Function, qualifier: &str, url: &Url, host: &str) -> Value {
    let mut out = json!({
        "FunctionUrl": function_urls::url(&url.id, &function.region, host),
        "FunctionArn": function.arn(Some(qualifier).filter(|name| !name.is_empty())),
        "AuthType": url.auth_type,
        "InvokeMode": url.invoke_mode,
        "CreationTime": time(url.created_ms),
        "LastModifiedTime": time(url.modified_ms),
    });
    if let Some(cors) = &url.cors {
        out["Cors"] = cors.clone();
    }
    out
}

/// `2025-01-01T00:00:00.000Z`, as these operations have it.
fn time(ms: u64) -> String {
    crate::event::milliseconds(ms)
}

fn missing() -> Failure {
    Failure::not_found("The resource you requested does not exist.")
}

/// What a request says of a URL.
struct Settings {
    auth_type: Option<String>,
    invoke_mode: Option<String>,
    cors: Option<Value>,
}

impl Settings {
    fn read(members: &mut Members) -> Result<Self, Failure> {
        let modes: (&[&str], _) = (&["BUFFERED", "RESPONSE_STREAM"], "[BUFFERED, RESPONSE_STREAM]");
        Ok(Self {
            auth_type: members.one_of("AuthType", (&["NONE", "AWS_IAM"], "[NONE, AWS_IAM]"))?,
            invoke_mode: members.one_of("InvokeMode", modes)?,
            cors: members.structure("Cors")?.map(|cors| Value::Object(cors.clone())),
        })
    }

    fn apply(self, url: &mut Url) {
        if let Some(auth_type) = self.auth_type {
            url.auth_type = auth_type;
        }
        if let Some(invoke_mode) = self.invoke_mode {
            url.invoke_mode = invoke_mode;
        }
        if let Some(cors) = self.cors {
            url.cors = Some(cors).filter(|cors| *cors != json!({}));
        }
    }
}

impl Call {
    /// The function, and the alias, or nothing.
    fn url_place(&self) -> Result<(Arc<Function>, String), Failure> {
        let (function, qualifier) = self.function()?;
        match qualifier {
            None => Ok((function, String::new())),
            Some(name) if name == LATEST || is_number(&name) => Err(Failure::validation(format!(
                "1 validation error detected: Value '{name}' at 'qualifier' failed to satisfy constraint: Member must \
                 satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
            ))),
            Some(name) if !function.aliases.contains_key(&name) => Err(not_found(&function, Some(&name))),
            Some(name) => Ok((function, name)),
        }
    }

    pub(super) async fn create_url(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let auth_type = members.text("AuthType")?;
        members.required("AuthType", auth_type);
        let settings = Settings::read(&mut members)?;
        members.finish()?;
        let (function, qualifier) = self.url_place()?;
        let (id, host) = (self.functions.uuid().replace('-', ""), self.request.host.clone());
        let edit = self.functions.edit(&function, move |function, now_ms| {
            if function.urls.contains_key(&qualifier) {
                let name = Some(qualifier.as_str()).filter(|name| !name.is_empty());
                return Err(Failure::conflict(format!(
                    "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists \
                     for this Lambda function",
                    function.arn(name)
                )));
            }
            let mut url = Url {
                id,
                auth_type: String::new(),
                invoke_mode: "BUFFERED".to_owned(),
                cors: None,
                created_ms: now_ms,
                modified_ms: now_ms,
            };
            settings.apply(&mut url);
            function.urls.insert(qualifier.clone(), url.clone());
            Ok((qualifier, url))
        });
        let ((qualifier, url), function) = edit.await?;
        Ok(Answer::json(201, &described(&function, &qualifier, &url, &host)))
    }

    pub(super) fn get_url(&self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.url_place()?;
        let url = function.urls.get(&qualifier).ok_or_else(missing)?;
        Ok(Answer::json(200, &described(&function, &qualifier, url, &self.request.host)))
    }

    pub(super) async fn update_url(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let settings = Settings::read(&mut members)?;
        members.finish()?;
        let (function, qualifier) = self.url_place()?;
        let host = self.request.host.clone();
        let edit = self.functions.edit(&function, move |function, now_ms| {
            let url = function.urls.get_mut(&qualifier).ok_or_else(missing)?;
            settings.apply(url);
            url.modified_ms = now_ms;
            Ok((qualifier, url.clone()))
        });
        let ((qualifier, url), function) = edit.await?;
        Ok(Answer::json(200, &described(&function, &qualifier, &url, &host)))
    }

    pub(super) async fn delete_url(self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.url_place()?;
        let edit = self.functions.edit(&function, move |function, _| {
            function.urls.remove(&qualifier).map(|_| ()).ok_or_else(missing)
        });
        edit.await?;
        Ok(Answer::empty(204))
    }

    pub(super) fn list_urls(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let all = function.urls.iter().collect();
        let (page, next) = self.page(all, PAGE_MAX, |(name, _): &(&String, &Url)| (*name).clone())?;
        let entries: Vec<Value> =
            page.iter().map(|(name, url)| described(&function, name, url, &self.request.host)).collect();
        let mut answer = json!({ "FunctionUrlConfigs": entries });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }
}
