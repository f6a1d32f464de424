//! The plan of a run and the plans that it runs as steps, checked and made ready.

use crate::model::runner::{RunError, Runner};
use esteira_engine::{Graph, Issue};
use esteira_model::{Plan, PlanVersionId, Run, Uuid};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// A plan that is ready to run.
pub(crate) struct Compiled {
    /// "" for the plan that the run was asked for.
    pub(crate) name: Arc<str>,
    pub(crate) graph: Graph,
}

/// All plans of a run, by the version ids that stand for them here.
pub(crate) struct Library {
    versions: HashMap<PlanVersionId, Arc<Compiled>>,
}

/// The plan that the run was asked for.
pub(crate) const ROOT: PlanVersionId = PlanVersionId(Uuid::from_bytes([0; 16]));

impl Library {
    pub(crate) fn compile(runner: &Runner, plan: &Plan) -> Result<Self, RunError> {
        let mut library = Self { versions: HashMap::new() };
        let ids: HashMap<Arc<str>, PlanVersionId> = runner
            .plans
            .keys()
            .cloned()
            .zip((1u128..).map(|n| PlanVersionId(Uuid::from_bytes(n.to_be_bytes()))))
            .collect();
        let mut missing = BTreeSet::new();
        let mut open = vec![(Arc::<str>::from(""), ROOT, plan)];
        while let Some((name, id, plan)) = open.pop() {
            if library.versions.contains_key(&id) {
                continue;
            }
            let plan = resolve(&name, plan, &ids)?;
            let (graph, issues) = Graph::compile(&plan, &*runner.evaluate);
            let Some(graph) = graph else { return Err(RunError::PlanInvalid { plan_name: name, issues }) };
            for step in &plan.steps {
                match &step.run {
                    Run::Function(function) if !runner.functions.contains_key(function) => {
                        missing.insert(function.clone());
                    }
                    Run::SubPlan { plan: child, resolved: Some(version), .. } => {
                        open.extend(runner.plans.get(child).map(|plan| (child.clone(), *version, plan)));
                    }
                    _ => {}
                }
            }
            library.versions.insert(id, Arc::new(Compiled { name, graph }));
        }
        if missing.is_empty() { Ok(library) } else { Err(RunError::FunctionMissing(missing.into_iter().collect())) }
    }

    pub(crate) fn version(&self, id: PlanVersionId) -> Result<Arc<Compiled>, RunError> {
        self.versions.get(&id).cloned().ok_or_else(|| RunError::Stuck(format!("there is no plan version {id}")))
    }
}

/// The plan with its references to sub-plans filled in, as publishing would do.
fn resolve(name: &Arc<str>, plan: &Plan, ids: &HashMap<Arc<str>, PlanVersionId>) -> Result<Plan, RunError> {
    let mut plan = plan.clone();
    let mut issues = Vec::new();
    for (index, step) in plan.steps.iter_mut().enumerate() {
        if let Run::SubPlan { plan, version, resolved } = &mut step.run {
            let unknown = |message| Issue::error(format!("/steps/{index}/sub_plan"), "SUB_PLAN_UNKNOWN", message);
            *resolved = ids.get(plan).copied();
            if resolved.is_none() {
                issues.push(unknown(format!("the runner has no plan `{plan}`")));
            } else if *version != 0 {
                issues.push(unknown("an embedded plan has no versions: refer to version 0".into()));
            }
        }
    }
    if issues.is_empty() { Ok(plan) } else { Err(RunError::PlanInvalid { plan_name: name.clone(), issues }) }
}
