//! The shape of a plan: edges, order, ancestors, dominators, fan-out depth. Refuses cycles.

use crate::{Issue, graph::Edge, graph::is_join};
use esteira_model::{OutputType, Plan, Run};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub(crate) struct Shape {
    pub index: HashMap<Arc<str>, u16>,
    pub edges: Vec<Vec<Edge>>,
    pub on_failure: Vec<Option<u16>>,
    pub predecessors: Vec<Vec<u16>>,
    pub starts: Vec<u16>,
    pub joins: Vec<u16>,
    /// Steps from which each step can be reached, itself not among them; failure edges count.
    pub ancestors: Vec<BTreeSet<u16>>,
    /// Steps that every way to a step passes, itself not among them.
    pub dominators: Vec<BTreeSet<u16>>,
    /// How many fan-outs are open where the step's output flows, at most; its own among them.
    pub fan_depth: Vec<u32>,
}

impl Shape {
    /// The shape of a plan whose step references are all known.
    pub fn of(plan: &Plan) -> Result<Self, Vec<Issue>> {
        let index: HashMap<Arc<str>, u16> =
            plan.steps.iter().enumerate().map(|(i, step)| (step.step_key.clone(), i as u16)).collect();
        let mut edges: Vec<Vec<Edge>> = plan
            .steps
            .iter()
            .map(|step| {
                step.next
                    .iter()
                    .map(|next| Edge { to: index[&next.step_key], condition: next.condition.clone() })
                    .collect()
            })
            .collect();
        for (to, step) in plan.steps.iter().enumerate() {
            for key in &step.depends_on {
                edges[usize::from(index[key])].push(Edge { to: to as u16, condition: "".into() });
            }
        }
        let on_failure: Vec<Option<u16>> =
            plan.steps.iter().map(|step| index.get(&step.on_failure_step).copied()).collect();
        let mut predecessors = vec![Vec::new(); plan.steps.len()];
        for (from, list) in edges.iter().enumerate() {
            for to in list.iter().map(|edge| edge.to).chain(on_failure[from]) {
                if !predecessors[usize::from(to)].contains(&(from as u16)) {
                    predecessors[usize::from(to)].push(from as u16);
                }
            }
        }
        let starts: Vec<u16> = if plan.start_steps.is_empty() {
            (0..plan.steps.len() as u16).filter(|&step| predecessors[usize::from(step)].is_empty()).collect()
        } else {
            plan.start_steps.iter().map(|key| index[key]).collect()
        };
        let joins = (0..plan.steps.len() as u16).filter(|&step| is_join(&plan.steps[usize::from(step)])).collect();
        let mut shape = Self {
            index,
            edges,
            on_failure,
            predecessors,
            starts,
            joins,
            ancestors: Vec::new(),
            dominators: Vec::new(),
            fan_depth: Vec::new(),
        };
        let order = shape.order(plan)?;
        shape.derive(plan, &order);
        Ok(shape)
    }

    /// Steps so that each comes after all that lead to it; a cycle is named by its steps.
    fn order(&self, plan: &Plan) -> Result<Vec<u16>, Vec<Issue>> {
        let mut waits: Vec<usize> = self.predecessors.iter().map(Vec::len).collect();
        let mut order: Vec<u16> = (0..plan.steps.len() as u16).filter(|&step| waits[usize::from(step)] == 0).collect();
        let mut at = 0;
        while at < order.len() {
            for to in self.successors(order[at]) {
                waits[usize::from(to)] -= 1;
                if waits[usize::from(to)] == 0 {
                    order.push(to);
                }
            }
            at += 1;
        }
        let stuck: Vec<usize> = (0..plan.steps.len()).filter(|&step| waits[step] > 0).collect();
        if stuck.is_empty() {
            return Ok(order);
        }
        let keys: Vec<&str> = stuck.iter().map(|&step| &*plan.steps[step].step_key).collect();
        Err(vec![Issue::error(
            format!("/steps/{}", stuck[0]),
            "PLAN_CYCLE",
            format!("these steps form a cycle or follow one: {}", keys.join(", ")),
        )])
    }

    fn successors(&self, step: u16) -> BTreeSet<u16> {
        self.edges[usize::from(step)].iter().map(|edge| edge.to).chain(self.on_failure[usize::from(step)]).collect()
    }

    fn derive(&mut self, plan: &Plan, order: &[u16]) {
        let count = plan.steps.len();
        self.ancestors = vec![BTreeSet::new(); count];
        self.dominators = vec![BTreeSet::new(); count];
        self.fan_depth = vec![0; count];
        for &step in order {
            let at = usize::from(step);
            let mut ancestors = BTreeSet::new();
            let mut dominators: Option<BTreeSet<u16>> = None;
            let mut depth = 0;
            for &from in &self.predecessors[at] {
                let before = usize::from(from);
                ancestors.insert(from);
                ancestors.extend(&self.ancestors[before]);
                let mut through = self.dominators[before].clone();
                through.insert(from);
                dominators = Some(match dominators {
                    Some(all) => all.intersection(&through).copied().collect(),
                    None => through,
                });
                depth = depth.max(self.fan_depth[before]);
            }
            let step = &plan.steps[at];
            let fans_out =
                step.output_type == OutputType::Multiple && !matches!(step.run, Run::Condition | Run::Wait(_));
            self.fan_depth[at] = if is_join(step) { 0 } else { depth } + u32::from(fans_out);
            self.ancestors[at] = ancestors;
            self.dominators[at] = dominators.unwrap_or_default();
        }
    }

    /// The first joins on each way from a step; the step itself when it is one.
    pub fn next_joins(&self, step: u16) -> Vec<usize> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut ways = vec![step];
        while let Some(at) = ways.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.joins.iter().position(|&join| join == at) {
                Some(join) => {
                    found.insert(join);
                }
                None => ways.extend(self.edges[usize::from(at)].iter().map(|edge| edge.to)),
            }
        }
        found.into_iter().collect()
    }

    /// Whether the output of `of` can be read where a task of `at` begins (or ends): it is on every way there, or arrives at a
    /// join on every way there, and there is one of it.
    pub fn can_read(&self, of: u16, at: u16) -> Result<(), &'static str> {
        let here: BTreeSet<u16> = self.dominators[usize::from(at)].iter().copied().chain([at]).collect();
        let before = &self.ancestors[usize::from(at)];
        let brings = |join: u16| self.edges[usize::from(of)].iter().any(|edge| edge.to == join);
        let arrived = self.joins.iter().any(|&join| here.contains(&join) && brings(join));
        if !arrived && (of == at || !here.contains(&of)) {
            return Err("is not on every way to this step");
        }
        if !self.edges[usize::from(of)].iter().any(|edge| edge.to == at || before.contains(&edge.to)) {
            return Err("has no output on the way to this step: only its failure leads here");
        }
        let joined =
            |join: u16| (join == at || before.contains(&join)) && self.ancestors[usize::from(join)].contains(&of);
        if self.fan_depth[usize::from(of)] > 0 && self.joins.iter().any(|&join| joined(join)) {
            return Err("has an output for each item, and they were joined since: read the join's input instead");
        }
        Ok(())
    }
}
