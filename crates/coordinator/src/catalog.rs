//! Plan versions made ready to run. Published versions never change, so what is compiled once stays right.

use crate::error::{Error, Reason, Result};
use esteira_engine::{Evaluate, Graph, Issue};
use esteira_expr::Evaluator;
use esteira_model::{AccountId, Plan, PlanId, PlanVersionId, Run};
use esteira_store::{PlanRecord, PlanVersionRecord, Reader, Unit};
use hashbrown::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A plan version made ready to run.
#[derive(Debug)]
pub struct Compiled {
    /// As stored.
    pub record: PlanVersionRecord,
    /// The engine's view of it.
    pub graph: Graph,
}

/// Compiles a stored version.
pub fn compile(record: PlanVersionRecord, evaluate: &dyn Evaluate) -> Result<Compiled> {
    let mut plan = parse(&record.definition_json)?;
    let mut frozen = record.sub_plans.iter();
    for step in &mut plan.steps {
        if let Run::SubPlan { resolved, .. } = &mut step.run {
            *resolved = frozen.next().copied();
        }
    }
    let (graph, issues) = Graph::compile(&plan, evaluate);
    match graph {
        Some(graph) => Ok(Compiled { record, graph }),
        None => Err(invalid(issues)),
    }
}

/// Parses a plan document.
pub fn parse(definition_json: &str) -> Result<Plan> {
    esteira_definition::parse(definition_json).map(|parsed| parsed.plan).map_err(invalid)
}

/// The error for a plan with these issues.
pub fn invalid(issues: Vec<Issue>) -> Error {
    let first = issues
        .iter()
        .find(|issue| !issue.warning)
        .map(|issue| format!("{}: {}", issue.path, issue.message))
        .unwrap_or_default();
    Error { issues, ..Error::new(Reason::PlanInvalid, format!("the plan is not valid: {first}")) }
}

/// Versions kept compiled; far more than an installation runs at once.
const COMPILED_MAX: usize = 10_000;

/// Compiled versions and the plans they belong to.
#[derive(Default)]
pub struct Catalog {
    /// Other coordinators change plans too, so a plan and whether a version is retired are read anew each time.
    is_shared: bool,
    evaluator: Evaluator,
    compiled: Mutex<HashMap<PlanVersionId, Arc<Compiled>>>,
    /// The same by plan and number.
    by_number: Mutex<HashMap<(PlanId, i32), Arc<Compiled>>>,
    plans: Mutex<HashMap<(AccountId, String), PlanRecord>>,
    /// What starts named, in a store that others share: whether it still holds is looked at in the transaction of the start.
    named: Mutex<HashMap<Named, ToStart>>,
    projects: Mutex<HashMap<PlanId, Arc<str>>>,
}

/// The version that a caller names; 0 = the default.
type Named = (AccountId, PlanKey, i32);

/// A version that a job is to be started on.
#[derive(Debug, Clone)]
pub struct ToStart {
    /// The version.
    pub compiled: Arc<Compiled>,
    /// Revision of its plan when it was named, where others may have changed the plan since.
    pub plan_revision: Option<i64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a caller names a plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PlanKey {
    /// By id.
    Id(PlanId),
    /// By name.
    Name(String),
}

impl Catalog {
    /// An empty catalog of a store that is this coordinator's alone, or shared with others.
    pub fn new(is_shared: bool) -> Self {
        Self { is_shared, ..Self::default() }
    }

    /// The expression port that everything here uses.
    pub fn evaluator(&self) -> &Evaluator {
        &self.evaluator
    }

    /// A version that is compiled already.
    pub fn cached(&self, id: PlanVersionId) -> Option<Arc<Compiled>> {
        lock(&self.compiled).get(&id).cloned()
    }

    /// Keeps a compiled version.
    pub fn keep(&self, compiled: Compiled) -> Arc<Compiled> {
        let compiled = Arc::new(compiled);
        let (mut all, mut by_number) = (lock(&self.compiled), lock(&self.by_number));
        if all.len() >= COMPILED_MAX {
            all.clear();
            by_number.clear();
        }
        let record = &compiled.record;
        by_number.insert((record.plan, record.version), compiled.clone());
        all.insert(record.id, compiled.clone());
        compiled
    }

    /// Forgets what a write has changed.
    pub fn forget(&self, account: &AccountId, plan_name: &str, version: Option<PlanVersionId>) {
        lock(&self.plans).remove(&(account.clone(), plan_name.to_owned()));
        let forgotten = version.and_then(|id| lock(&self.compiled).remove(&id));
        if let Some(compiled) = forgotten {
            lock(&self.by_number).remove(&(compiled.record.plan, compiled.record.version));
        }
    }

    /// A version of a job, within a unit of work.
    pub async fn version_in(&self, unit: &mut dyn Unit, id: PlanVersionId) -> Result<Arc<Compiled>> {
        if let Some(compiled) = self.cached(id) {
            return Ok(compiled);
        }
        let record = unit
            .plan_version(id)
            .await?
            .ok_or_else(|| Error::new(Reason::Internal, format!("plan version {id} of a job is not in the store")))?;
        Ok(self.keep(compile(record, &self.evaluator)?))
    }

    /// A version of an account, for a reader.
    pub async fn version(&self, reader: &dyn Reader, account: &AccountId, id: PlanVersionId) -> Result<Arc<Compiled>> {
        if let Some(compiled) = self.cached(id).filter(|compiled| compiled.record.account == *account) {
            return Ok(compiled);
        }
        let record = reader
            .plan_version(account, id)
            .await?
            .ok_or_else(|| Error::new(Reason::PlanVersionNotFound, format!("there is no plan version {id}")))?;
        Ok(self.keep(compile(record, &self.evaluator)?))
    }

    /// The plan that a caller names.
    pub async fn plan(&self, reader: &dyn Reader, account: &AccountId, key: &PlanKey) -> Result<PlanRecord> {
        let found = match key {
            PlanKey::Id(id) => reader.plan(account, *id).await?,
            PlanKey::Name(name) => {
                let cached = || lock(&self.plans).get(&(account.clone(), name.clone())).cloned();
                if let Some(plan) = (!self.is_shared).then(cached).flatten() {
                    return Ok(plan);
                }
                let found = reader.plan_by_name(account, name).await?;
                if let Some(plan) = found.as_ref().filter(|_| !self.is_shared) {
                    lock(&self.plans).insert((account.clone(), name.clone()), plan.clone());
                }
                found
            }
        };
        found.ok_or_else(|| {
            let text = match key {
                PlanKey::Id(id) => id.to_string(),
                PlanKey::Name(name) => format!("`{name}`"),
            };
            Error::new(Reason::PlanNotFound, format!("there is no plan {text}"))
        })
    }

    /// The project of a plan, which never changes.
    pub async fn project(&self, reader: &dyn Reader, account: &AccountId, plan: PlanId) -> Result<Arc<str>> {
        if let Some(project) = lock(&self.projects).get(&plan) {
            return Ok(project.clone());
        }
        let project: Arc<str> = self.plan(reader, account, &PlanKey::Id(plan)).await?.project.into();
        let mut all = lock(&self.projects);
        if all.len() >= COMPILED_MAX {
            all.clear();
        }
        all.insert(plan, project.clone());
        Ok(project)
    }

    /// The version that a start names; 0 = the default.
    pub async fn version_to_start(
        &self,
        reader: &dyn Reader,
        account: &AccountId,
        key: &PlanKey,
        version: i32,
    ) -> Result<ToStart> {
        let named = (account.clone(), key.clone(), version);
        if let Some(known) = lock(&self.named).get(&named) {
            return Ok(known.clone());
        }
        let plan = self.plan(reader, account, key).await?;
        let number = if version == 0 { plan.default_version } else { version };
        let known = lock(&self.by_number).get(&(plan.id, number)).cloned();
        let compiled = match &known {
            Some(compiled) if !self.is_shared => compiled.clone(),
            _ => {
                let record = reader.plan_version_by_number(account, plan.id, number).await?;
                let record = record.ok_or_else(|| {
                    Error::new(Reason::PlanVersionNotFound, format!("plan `{}` has no version {number}", plan.name))
                })?;
                match known {
                    Some(compiled) if compiled.record == record => compiled,
                    _ => self.keep(compile(record, &self.evaluator)?),
                }
            }
        };
        if compiled.record.retire_time.is_some() {
            return Err(Error::new(
                Reason::VersionRetired,
                format!("version {number} of plan `{}` is retired", plan.name),
            ));
        }
        let to_start = ToStart { compiled, plan_revision: self.is_shared.then_some(plan.revision) };
        if self.is_shared {
            let mut all = lock(&self.named);
            if all.len() >= COMPILED_MAX {
                all.clear();
            }
            all.insert(named, to_start.clone());
        }
        Ok(to_start)
    }

    /// Forgets what a start named: its plan has changed.
    pub fn forget_named(&self, account: &AccountId, key: &PlanKey, version: i32) {
        lock(&self.named).remove(&(account.clone(), key.clone(), version));
    }
}
