//! The way forward: resources are made and changed until the stack is what its template says.

use super::broken::differing;
use super::job::{Done, Finished, Job, Work};
use super::{AT_ONCE, Driver, Target, Told, World};
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{Before, Instance, Json, OnFailure, Resource, Revision, Shape, Step};
use crate::resources::ResourceError;
use crate::status::ResourceStatus;
use cloudformation::evaluate::Evaluation;
use cloudformation::graph::Graph;
use cloudformation::{changes, names};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::mpsc;

/// The type of which nothing is made, and nobody need be told so.
const METADATA: &str = "AWS::CDK::Metadata";

/// What is wanted, and how far it has come.
struct Way<'a> {
    evaluation: &'a Evaluation<'a>,
    graph: Graph,
    tags: &'a BTreeMap<String, String>,
    world: World,
    done: BTreeSet<String>,
    running: BTreeSet<String>,
    failed: BTreeSet<String>,
}

/// What becomes of a resource that is ready.
enum Begun {
    /// It is as it shall be.
    Done,
    /// This is to be done.
    Job(Box<Job>),
    /// It cannot be made.
    Failed,
}

impl Driver {
    /// Brings the stack to the operation's target, or says why it cannot be.
    pub(super) async fn forward(&mut self) -> Result<(), Failure> {
        let revision = self.target_revision()?;
        let read = Target::of(&self.stack, &revision).map_err(|error| error.to_string());
        let target = match read {
            Ok(target) => target,
            Err(error) => return self.fail(Some(error)).await,
        };
        let evaluated = Evaluation::new(&target.template, &target.parameters, &target.pseudo)
            .and_then(|evaluation| Ok((Graph::new(&target.template, &evaluation)?, evaluation)));
        let (graph, evaluation) = match evaluated {
            Ok(evaluated) => evaluated,
            Err(error) => return self.fail(Some(error.to_string())).await,
        };
        let mut way = Way {
            evaluation: &evaluation,
            graph,
            tags: &revision.tags,
            world: self.world()?,
            done: BTreeSet::new(),
            running: BTreeSet::new(),
            failed: self.failed(),
        };
        self.go(&mut way).await?;
        if way.failed.is_empty() && !self.is_cancelled()? {
            self.succeed(&evaluation, &way.world).await
        } else {
            self.fail(None).await
        }
    }

    fn target_revision(&self) -> Result<Revision, Failure> {
        let number = self.operation.target.ok_or_else(|| Failure::internal("an operation has no target"))?;
        self.inner.ledger.revision(self.key, number)
    }

    /// The stack's resources and what it may import, as they are now.
    pub(super) fn world(&self) -> Result<World, Failure> {
        let place = (self.stack.account.clone(), self.stack.region.clone());
        let exports = self.inner.exports_for(&self.stack)?;
        Ok(World::new(&self.resources, exports, place))
    }

    /// The resources that this operation failed to make or change.
    pub(super) fn failed(&self) -> BTreeSet<String> {
        let failed = self.resources.iter().filter(|(_, resource)| {
            resource.operation == self.operation.id && resource.status.name().ends_with("_FAILED")
        });
        failed.map(|(name, _)| name.clone()).collect()
    }

    async fn go(&mut self, way: &mut Way<'_>) -> Result<(), Failure> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        // What was begun before the last end is taken up whatever else has failed.
        let begun: Vec<String> =
            self.resources.keys().filter(|name| self.is_under_way(name)).cloned().collect();
        for name in begun {
            if let Begun::Job(job) = self.resume(&name) {
                way.running.insert(name);
                self.start(*job, &sender);
            }
        }
        loop {
            let stopped = !way.failed.is_empty() || self.is_cancelled()?;
            let jobs = self.begin_ready(way, stopped).await?;
            for job in jobs {
                way.running.insert(job.scope.logical_id.clone());
                self.start(job, &sender);
            }
            if way.running.is_empty() {
                return Ok(());
            }
            let Some(first) = receiver.recv().await else { return Ok(()) };
            let mut change = Change::new();
            let mut next = Some(first);
            while let Some(finished) = next {
                self.finish(&mut change, way, finished)?;
                next = receiver.try_recv().ok();
            }
            self.inner.ledger.commit(change).await?;
        }
    }

    /// Records the begin of all that is ready, in one commit.
    async fn begin_ready(&mut self, way: &mut Way<'_>, stopped: bool) -> Result<Vec<Job>, Failure> {
        let (mut jobs, mut change) = (Vec::new(), Change::new());
        loop {
            let ready: Vec<String> = way.graph.ready(&way.done).into_iter().map(str::to_owned).collect();
            let before = way.done.len();
            for name in ready {
                let waits = way.running.contains(&name)
                    || way.failed.contains(&name)
                    || jobs.iter().any(|job: &Job| job.scope.logical_id == name)
                    || jobs.len() + way.running.len() >= AT_ONCE
                    || stopped;
                if waits {
                    continue;
                }
                match self.begin(&mut change, way, &name)? {
                    Begun::Done => drop(way.done.insert(name)),
                    Begun::Job(job) => jobs.push(*job),
                    Begun::Failed => drop(way.failed.insert(name)),
                }
            }
            if way.done.len() == before {
                break;
            }
        }
        if !environment::planted("step_not_recorded") {
            self.inner.ledger.commit(change).await?;
        }
        Ok(jobs)
    }

    fn is_under_way(&self, name: &str) -> bool {
        let doing = self.resources.get(name).and_then(|resource| resource.doing.as_ref());
        matches!(doing, Some(Step::Create { .. } | Step::Update { .. }))
    }

    fn begin(&mut self, change: &mut Change, way: &Way<'_>, name: &str) -> Result<Begun, Failure> {
        let Some(source) = way.evaluation.template().resources.get(name) else { return Ok(Begun::Done) };
        let now_ms = self.inner.now_ms();
        let starting = self.starting_status();
        self.resources
            .entry(name.to_owned())
            .or_insert_with(|| Resource::new(&source.resource_type, starting, now_ms));
        let shape = match way.evaluation.resource(source, &way.world) {
            Ok(evaluated) => Shape::of(evaluated, way.tags),
            Err(error) => return self.refuse(change, name, error.to_string()),
        };
        let unknown = shape.properties.0.unknowns();
        if let Some(unknown) = unknown.first() {
            return self.refuse(change, name, format!("{unknown} is not known"));
        }
        let needs: BTreeSet<String> = way.graph.needs(name).map(str::to_owned).collect();
        let Some(resource) = self.resources.get_mut(name) else { return Ok(Begun::Done) };
        resource.resource_type.clone_from(&source.resource_type);
        let broken = match &resource.doing {
            Some(Step::Broken { shape }) => Some(shape.clone()),
            _ => None,
        };
        let Some(present) = &mut resource.present else { return self.create(change, name, shape, needs) };
        if broken.is_none() && present.shape.same(&shape) {
            // Policies and what it needs are nothing that its service knows of.
            if present.needs != needs || present.shape != shape {
                resource.before.get_or_insert_with(|| Before::Instance(Box::new(present.clone())));
                (present.shape, present.needs) = (shape, needs);
                self.record(change, name)?;
            }
            return Ok(Begun::Done);
        }
        let known = broken.as_ref().unwrap_or(&present.shape);
        let replaces =
            changes::replaces(&source.resource_type, &present.shape.properties.0, &shape.properties.0);
        let quiet =
            broken.is_none() && known.properties.0.same(&shape.properties.0) && known.tags == shape.tags;
        match (replaces, quiet) {
            (true, _) => self.create(change, name, shape, needs),
            (false, true) => self.note(change, name, shape, needs),
            (false, false) => self.update(change, name, (shape, broken), needs),
        }
    }

    fn starting_status(&self) -> ResourceStatus {
        match self.operation.import {
            true => ResourceStatus::ImportInProgress,
            false => ResourceStatus::CreateInProgress,
        }
    }

    /// A change of what only the stack knows of a resource.
    fn note(
        &mut self,
        change: &mut Change,
        name: &str,
        shape: Shape,
        needs: BTreeSet<String>,
    ) -> Result<Begun, Failure> {
        let Some(resource) = self.resources.get_mut(name) else { return Ok(Begun::Done) };
        let Some(present) = &mut resource.present else { return Ok(Begun::Done) };
        resource.before.get_or_insert_with(|| Before::Instance(Box::new(present.clone())));
        (present.shape, present.needs) = (shape, needs);
        let told = Told { physical_id: present.physical_id.clone(), ..Told::default() };
        self.tell(change, name, ResourceStatus::UpdateComplete, told)?;
        Ok(Begun::Done)
    }

    /// A resource that cannot even be begun.
    fn refuse(&mut self, change: &mut Change, name: &str, reason: String) -> Result<Begun, Failure> {
        let Some(resource) = self.resources.get_mut(name) else { return Ok(Begun::Failed) };
        let status = match (&resource.present, self.operation.import) {
            (Some(_), _) => ResourceStatus::UpdateFailed,
            (None, true) => ResourceStatus::ImportFailed,
            (None, false) => ResourceStatus::CreateFailed,
        };
        if resource.present.is_none() {
            resource.before.get_or_insert(Before::Nothing);
        }
        let physical_id = resource.physical_id().to_owned();
        self.tell(change, name, status, Told { physical_id, reason: Some(reason), properties: None })?;
        Ok(Begun::Failed)
    }

    fn create(
        &mut self,
        change: &mut Change,
        name: &str,
        shape: Shape,
        needs: BTreeSet<String>,
    ) -> Result<Begun, Failure> {
        let Some(resource) = self.resources.get(name) else { return Ok(Begun::Failed) };
        let resource_type = resource.resource_type.clone();
        if let Some(present) = &resource.present
            && let Some(custom) = same_name(&resource_type, &present.shape, &shape)
        {
            let reason = format!(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename \
                 {custom} and update the stack again."
            );
            return self.refuse(change, name, reason);
        }
        let random = &self.inner.environment.random;
        let chance = names::chance((0..names::CHANCE_LENGTH).map(|_| random.next_u64()));
        let properties = &shape.properties.0;
        let known = self.inner.surroundings.registry.provider(&resource_type).is_some();
        let made = names::physical_name(&resource_type, properties, (&self.stack.name, name), &chance);
        let generated =
            names::naming(&resource_type).is_some_and(|naming| properties.get(naming.property).is_none());
        let made = match made {
            None if !known => Some(format!("{}-{name}-{chance}", self.stack.name)),
            made => made,
        };
        let replaced = resource.present.as_ref().map(|present| present.physical_id.clone());
        let step =
            Step::Create { token: self.inner.uuid(), name: made, generated, shape: shape.clone(), needs };
        let Some(resource) = self.resources.get_mut(name) else { return Ok(Begun::Failed) };
        resource.before.get_or_insert_with(|| match &resource.present {
            Some(present) => Before::Instance(Box::new(present.clone())),
            None => Before::Nothing,
        });
        resource.doing = Some(step);
        let properties = Some(shape.properties.0.to_json());
        let (status, told) = match replaced {
            Some(physical_id) => {
                let reason =
                    "Requested update requires the creation of a new physical resource; hence creating one.";
                let told = Told { physical_id, reason: Some(reason.to_owned()), properties };
                (ResourceStatus::UpdateInProgress, told)
            }
            None => (self.starting_status(), Told { properties, ..Told::default() }),
        };
        self.tell(change, name, status, told)?;
        let Begun::Job(mut job) = self.resume(name) else { return Ok(Begun::Failed) };
        // Just begun: what is there under the name is somebody else's.
        job.scope.resumed = false;
        Ok(Begun::Job(job))
    }

    fn update(
        &mut self,
        change: &mut Change,
        name: &str,
        (shape, broken): (Shape, Option<Shape>),
        needs: BTreeSet<String>,
    ) -> Result<Begun, Failure> {
        let properties = Some(shape.properties.0.to_json());
        let step = Step::Update { token: self.inner.uuid(), shape, needs, broken: broken.map(Box::new) };
        let Some(resource) = self.resources.get_mut(name) else { return Ok(Begun::Failed) };
        let Some(present) = &resource.present else { return Ok(Begun::Failed) };
        resource.before.get_or_insert_with(|| Before::Instance(Box::new(present.clone())));
        let physical_id = present.physical_id.clone();
        resource.doing = Some(step);
        let told = Told { physical_id, reason: None, properties };
        self.tell(change, name, ResourceStatus::UpdateInProgress, told)?;
        Ok(self.resume(name))
    }

    /// The job of a step that is recorded.
    fn resume(&self, name: &str) -> Begun {
        let Some(resource) = self.resources.get(name) else { return Begun::Failed };
        let resource_type = resource.resource_type.clone();
        let (scope, work) = match (&resource.doing, &resource.present) {
            (Some(Step::Create { token, name: own, generated, shape, .. }), _) => {
                let properties = shape.properties.0.clone();
                let imported = self.operation.imported.get(name);
                let had = if imported.is_some() { &shape.tags } else { &BTreeMap::new() };
                let mut scope = self.scope(name, (had, &shape.tags), token);
                let work = match imported {
                    Some(physical_id) => Work::Update {
                        physical_id: physical_id.clone(),
                        before: properties.clone(),
                        after: properties,
                    },
                    None => Work::Create { name: own.clone(), properties },
                };
                scope.resumed = *generated;
                (scope, work)
            }
            (Some(Step::Update { token, shape, broken, .. }), Some(present)) => {
                let (was, wanted) = (&present.shape.properties.0, &shape.properties.0);
                let had = broken.as_ref().map_or(&present.shape.tags, |broken| &broken.tags);
                let work = Work::Update {
                    physical_id: present.physical_id.clone(),
                    before: match broken {
                        Some(broken) => differing(was, wanted, &broken.properties.0),
                        None => was.clone(),
                    },
                    after: wanted.clone(),
                };
                (self.scope(name, (had, &shape.tags), token), work)
            }
            _ => return Begun::Failed,
        };
        Begun::Job(Box::new(Job { resource_type, scope, work }))
    }

    /// Records what came of a job.
    fn finish(&mut self, change: &mut Change, way: &mut Way<'_>, finished: Finished) -> Result<(), Failure> {
        let name = finished.logical_id;
        way.running.remove(&name);
        let rolls_back = self.operation.on_failure != OnFailure::Nothing;
        let stopped = rolls_back && !way.failed.is_empty();
        let Some(resource) = self.resources.get_mut(&name) else { return Ok(()) };
        let is_change = resource.present.is_some();
        let doing = resource.doing.take();
        let (status, told) = match finished.outcome {
            Ok(done) => {
                let reason = warning(&resource.resource_type, &done);
                let properties = settle(resource, doing, done);
                let physical_id = resource.physical_id().to_owned();
                let status = ended(is_change, self.operation.import, stopped);
                let reason = if stopped { Some(cancelled(is_change).to_owned()) } else { reason };
                (status, Told { physical_id, reason, properties })
            }
            Err(error) => {
                let physical_id = resource.physical_id().to_owned();
                let properties = shape_of(doing.as_ref()).map(|shape| shape.properties.0.to_json());
                resource.doing = broken(doing, resource.present.as_ref(), &error);
                let status = ended(is_change, self.operation.import, true);
                (status, Told { physical_id, reason: Some(reason_of(&error)), properties })
            }
        };
        let failed = status.name().ends_with("_FAILED");
        if let Some(present) = &resource.present {
            way.world.resources.insert(name.clone(), present.clone());
        }
        let properties = told.properties.clone();
        self.tell(change, &name, status, Told { properties, ..told })?;
        if failed {
            way.failed.insert(name);
        } else {
            way.done.insert(name);
        }
        Ok(())
    }
}

/// What is left of a step that failed.
fn broken(step: Option<Step>, present: Option<&Instance>, error: &ResourceError) -> Option<Step> {
    let Some(Step::Update { mut shape, broken, .. }) = step else { return None };
    // Nothing was done, so that all is as it was before the step.
    if matches!(error, ResourceError::Unfit(_)) {
        return broken.map(|shape| Step::Broken { shape: *shape });
    }
    if let (Some(broken), Some(present)) = (broken, present) {
        let was = &present.shape.properties.0;
        shape.properties = Json(differing(&shape.properties.0, was, &broken.properties.0));
    }
    Some(Step::Broken { shape })
}

/// The name that both give, where a resource of it cannot be replaced for that.
fn same_name(resource_type: &str, before: &Shape, after: &Shape) -> Option<String> {
    let property = names::naming(resource_type)?.property;
    let name = |shape: &Shape| Some(shape.properties.0.get(property)?.text()?.into_owned());
    let (before, after) = (name(before)?, name(after)?);
    (before == after).then_some(after)
}

fn shape_of(step: Option<&Step>) -> Option<&Shape> {
    match step? {
        Step::Create { shape, .. } | Step::Update { shape, .. } | Step::Broken { shape } => Some(shape),
    }
}

/// Takes in what was made, and answers its properties.
fn settle(resource: &mut Resource, doing: Option<Step>, done: Done) -> Option<String> {
    let (shape, needs) = match doing? {
        Step::Create { shape, needs, .. } | Step::Update { shape, needs, .. } => (shape, needs),
        Step::Broken { .. } => return None,
    };
    let properties = shape.properties.0.to_json();
    let instance = Instance {
        physical_id: done.made.physical_id,
        reference: done.made.reference,
        attributes: Json(cloudformation::Value::Map(done.made.attributes)),
        shape,
        needs,
        recorded: done.recorded,
        resource_type: resource.resource_type.clone(),
    };
    if let Some(old) = resource.present.replace(instance) {
        let is_kept = match &resource.before {
            Some(Before::Instance(before)) => before.physical_id == old.physical_id,
            _ => false,
        };
        let is_same = resource.present.as_ref().is_some_and(|new| new.physical_id == old.physical_id);
        // One that an earlier operation made, and that is not what to go back to.
        if !is_kept && !is_same {
            resource.garbage.push(old);
        }
    }
    resource.last_physical_id = resource.physical_id().to_owned();
    Some(properties)
}

fn ended(is_change: bool, import: bool, failed: bool) -> ResourceStatus {
    match (is_change, import, failed) {
        (true, _, false) => ResourceStatus::UpdateComplete,
        (true, _, true) => ResourceStatus::UpdateFailed,
        (false, true, false) => ResourceStatus::ImportComplete,
        (false, true, true) => ResourceStatus::ImportFailed,
        (false, false, false) => ResourceStatus::CreateComplete,
        (false, false, true) => ResourceStatus::CreateFailed,
    }
}

const fn cancelled(is_change: bool) -> &'static str {
    if is_change { "Resource update cancelled" } else { "Resource creation cancelled" }
}

/// Why a resource was not made, as events say it.
pub(super) fn reason_of(error: &ResourceError) -> String {
    error.to_string()
}

/// What is said of a resource of which nothing is made.
fn warning(resource_type: &str, done: &Done) -> Option<String> {
    (done.recorded && resource_type != METADATA).then(|| {
        format!("{resource_type} is not supported by this server: it is recorded, and nothing is made")
    })
}
