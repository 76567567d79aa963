//! Whole requests to CloudFormation over a stack and a change set: a form, whose `Action` chooses. Resources are recorded only.
//! Whatever it is, it is answered in XML, with no error that is the server's; stacks come to rest, and are there when they are
//! opened again.

use crate::ground::{Ground, World, Worlds};
use services::query::Call;
use stacks::resources::Provider;
use stacks::{LookedUp, Options, Parameters, Registry, Stacks, Surroundings, Template, Templates};
use std::sync::Arc;

/// What is there before the request.
const BEFORE: [&str; 2] = [
    "Action=CreateStack&StackName=s&TemplateBody={\"Parameters\":{\"P\":{\"Type\":\"String\",\"Default\":\"1\"}},\
     \"Resources\":{\"Q\":{\"Type\":\"Custom::Q\",\"Properties\":{\"V\":{\"Ref\":\"P\"}}}},\
     \"Outputs\":{\"O\":{\"Value\":{\"Ref\":\"Q\"},\"Export\":{\"Name\":\"e\"}}}}",
    "Action=CreateChangeSet&StackName=s&ChangeSetName=c&UsePreviousTemplate=true\
     &Parameters.member.1.ParameterKey=P&Parameters.member.1.ParameterValue=2",
];

const LISTS: [&[u8]; 3] =
    [b"Action=ListStacks", b"Action=DescribeStacks", b"Action=DescribeStackEvents&StackName=s"];

/// How many turns stacks are given to come to rest.
const TURNS: usize = 2_000;

/// No providers, buckets or parameters.
struct Nothing;

impl Registry for Nothing {
    fn provider(&self, _: &str) -> Option<&dyn Provider> {
        None
    }
}

impl Templates for Nothing {
    fn fetch<'a>(&'a self, _: &'a str, _: (&'a str, &'a str), _: usize) -> Template<'a> {
        Box::pin(async { Err("S3 error: The specified bucket does not exist".to_owned()) })
    }
}

impl Parameters for Nothing {
    fn value<'a>(&'a self, _: (&'a str, &'a str), _: &'a str) -> LookedUp<'a> {
        Box::pin(async { None })
    }
}

thread_local! {
    static WORLDS: Worlds<Stacks> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Stacks {
    type Seen = Vec<(u16, String)>;

    fn open(ground: &Ground) -> Self {
        let nothing = Arc::new(Nothing);
        let surroundings = Surroundings {
            registry: Arc::clone(&nothing) as Arc<dyn Registry>,
            templates: Arc::clone(&nothing) as Arc<dyn Templates>,
            parameters: nothing,
        };
        let environment = ground.environment.clone();
        Self::open(ground.runner(), ground.space, Options::default(), surroundings, environment)
    }

    async fn furnish(&self, ground: &Ground) {
        for before in BEFORE {
            let (status, text) = call(self, ground, before.as_bytes()).await;
            assert_eq!(status, 200, "{text}");
            rest(self, ground).await;
        }
    }

    async fn ask(&self, ground: &Ground, form: &[u8]) -> bool {
        call(self, ground, form).await;
        false
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        rest(self, ground).await;
        let mut seen = Vec::new();
        for list in LISTS {
            seen.push(call(self, ground, list).await);
        }
        seen
    }
}

async fn call(stacks: &Stacks, ground: &Ground, form: &[u8]) -> (u16, String) {
    let call = Call { caller: &ground.caller, query: b"", body: form, request_id: "r" };
    let answer = stacks.call(&call).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(answer.status < 500, "{}: {text}", form.escape_ascii());
    assert!(text.starts_with('<'), "{text}");
    (answer.status, text)
}

/// Waits until nothing is done to any stack.
async fn rest(stacks: &Stacks, ground: &Ground) {
    for _ in 0..TURNS {
        let (_, listed) = call(stacks, ground, LISTS[0]).await;
        // A stack that is only being reviewed is at rest.
        let statuses = listed.matches("_IN_PROGRESS</StackStatus>").count();
        if statuses == listed.matches("REVIEW_IN_PROGRESS</StackStatus>").count() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("a stack does not come to rest");
}
