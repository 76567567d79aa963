//! CreateFunction.

use crate::api::call::{Call, parse};
use crate::api::describe::{Phase, configuration};
use crate::api::operations::tags;
use crate::api::settings::Settings;
use crate::api::{Answer, Failure, source};
use crate::functions::name::LATEST;
use crate::functions::record::{Code, Configuration, Function, Version};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Members that name what this server does not have.
const UNSUPPORTED: [&str; 2] = ["CodeSigningConfigArn", "PublishTo"];

impl Call {
    pub(super) async fn create_function(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let name = members.text("FunctionName")?;
        let name = members.required("FunctionName", name).unwrap_or_default();
        let role = members.text("Role")?;
        members.required("Role", role);
        let code = members.structure("Code")?.map(|_| ());
        members.required("Code", code);
        let settings = Settings::read(&mut members)?;
        members.finish()?;
        let name = parse(&name)?.name;
        if members.text("PackageType")?.as_deref() == Some("Image") {
            return Err(Failure::unsupported("PackageType Image"));
        }
        members.unsupported(&UNSUPPORTED)?;
        let key = self.functions.key(&self.request.caller, &name);
        if self.functions.get(&key).is_some() {
            return Err(Failure::conflict(format!("Function already exist: {name}")));
        }
        let tags = members.map("Tags")?.unwrap_or_default();
        tags::check(&tags)?;
        let publishes = members.boolean("Publish")?.unwrap_or(false);
        let source = source::read(&self, &members, "Code.")?;
        let configuration = settings.create(&self.functions, &name)?;
        let missing = || Failure::invalid("Please provide a source for function code.");
        // Its text is no longer needed, and may be long.
        drop(members);
        let received = self.functions.receive(source.ok_or_else(missing)?).await?;
        let function = self.new_function(name, configuration, received.code.clone(), (tags, publishes));
        let function = self.functions.create(function, received).await?;
        self.created(&function)
    }

    /// A function as it is kept: ready, since it is by the time that anybody looks.
    fn new_function(
        &self,
        name: String,
        configuration: Configuration,
        code: Code,
        (tags, publishes): (BTreeMap<String, String>, bool),
    ) -> Function {
        let latest = Version {
            version: LATEST.to_owned(),
            configuration,
            code,
            modified_ms: self.functions.now_ms(),
            revision_id: self.functions.uuid(),
        };
        let mut function = Function::new(&self.request.caller, name, self.functions.new_id(), latest);
        function.tags = tags;
        if publishes {
            let version = Version {
                version: "1".to_owned(),
                revision_id: self.functions.uuid(),
                ..(*function.latest).clone()
            };
            function.published.insert(1, Arc::new(version));
            function.next_version = 2;
        }
        function
    }

    fn created(&self, function: &Function) -> Result<Answer, Failure> {
        let version = function.published.get(&1).unwrap_or(&function.latest);
        let mut answer = configuration(function, version, None, Phase::Creating);
        // Being ready is another revision than being made.
        answer["RevisionId"] = self.functions.uuid().into();
        Ok(Answer::json(201, &answer))
    }
}
