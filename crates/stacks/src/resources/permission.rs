//! `AWS::Lambda::Permission`.

use super::Made;
use super::ask::Rest;
use super::function::FUNCTIONS;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::shape::{Member, Shape, may, must};
use serde_json::{Value as Json, json};

/// The type.
pub(super) struct Permission;

impl Handler for Permission {
    const TYPE: &'static str = "AWS::Lambda::Permission";

    const PROPERTIES: &'static [Member] = &[
        must("Action", Shape::Text),
        may("EventSourceToken", Shape::Text),
        must("FunctionName", Shape::Text),
        may("FunctionUrlAuthType", Shape::Text),
        may("InvokedViaFunctionUrl", Shape::Boolean),
        must("Principal", Shape::Text),
        may("PrincipalOrgID", Shape::Text),
        may("SourceAccount", Shape::Text),
        may("SourceArn", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let [date, functions] = FUNCTIONS;
        let names = [
            "Action",
            "EventSourceToken",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ];
        let (mut body, id) = (picked(properties, &names), place.generated_id());
        body.insert("StatementId".to_owned(), json!(id));
        let path = [date, functions, text(properties, "FunctionName"), "policy"];
        let body = Json::Object(body);
        place.functions(Rest { method: "POST", path: &path, query: &[], body: &body }).await?;
        Ok(id)
    }

    async fn change(&self, _: Place<'_>, _: &str, _: &Json, _: &Json) -> Done<()> {
        // Each of its properties makes another statement.
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        let [date, functions] = FUNCTIONS;
        let path = [date, functions, text(properties, "FunctionName"), "policy", id];
        let rest = Rest { method: "DELETE", path: &path, query: &[], body: &Json::Null };
        place.functions(rest).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Id", id.to_owned())]))
    }
}
