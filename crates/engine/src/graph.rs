//! A plan made ready to run: steps by index, edges resolved, joins with what leads to them.

use crate::ports::Evaluate;
use crate::{Issue, graph_check, graph_expressions, graph_shape::Shape};
use esteira_model::{Join, OutputType, Plan, Policy, Run, Step};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An edge to a following step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Index of the following step.
    pub to: u16,
    /// Condition; empty = always.
    pub condition: Arc<str>,
}

/// What must be loaded before a task of a step ends or begins, so that expressions have their variables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// The task's own input.
    pub input: bool,
    /// The job's input.
    pub job_input: bool,
    /// Steps whose output is read.
    pub steps: BTreeSet<u16>,
}

impl Needs {
    pub(crate) fn add(&mut self, other: &Self) {
        self.input |= other.input;
        self.job_input |= other.job_input;
        self.steps.extend(&other.steps);
    }
}

/// One step with what the engine derives from the whole plan.
#[derive(Debug, Clone)]
pub struct Node {
    /// The step as written.
    pub step: Step,
    /// Where its outputs go.
    pub edges: Vec<Edge>,
    /// Where its failure goes.
    pub on_failure: Option<u16>,
    /// Its place among the joins, if it is one.
    pub join: Option<usize>,
    /// Joins that wait while a task of this step lives.
    pub holds: Vec<usize>,
    /// The first joins on each way from here; itself when it is a join.
    pub next_joins: Vec<usize>,
    /// What its end needs.
    pub end_needs: Needs,
    /// What building its input needs.
    pub begin_needs: Needs,
    /// Policies on its input.
    pub input_policies: Vec<Policy>,
    /// Policies on its outputs.
    pub output_policies: Vec<Policy>,
    /// Steps that lead straight to it.
    pub predecessors: Vec<u16>,
}

impl Node {
    /// Whether the engine itself runs it, at once.
    pub fn is_condition(&self) -> bool {
        self.step.run == Run::Condition
    }

    /// What it produces; native steps pass their input on.
    pub fn output_type(&self) -> OutputType {
        match self.step.run {
            Run::Condition | Run::Wait(_) => OutputType::None,
            _ => self.step.output_type,
        }
    }

    /// The queue that its tasks wait in.
    pub fn queue(&self) -> &str {
        match &self.step.run {
            Run::Function(name) if self.step.queue.is_empty() => name,
            _ => &self.step.queue,
        }
    }
}

/// A plan made ready to run.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The steps, in the author's order.
    pub nodes: Vec<Node>,
    /// Steps that a job begins with.
    pub starts: Vec<u16>,
    /// Step index of each join, in plan order.
    pub joins: Vec<u16>,
    /// Whether a job never has more than one task at a time: then the task that ends the job has all its results.
    pub is_line: bool,
}

impl Graph {
    /// Checks a plan as a whole and compiles it. All issues are returned; without an error among them there is a graph.
    pub fn compile(plan: &Plan, evaluate: &dyn Evaluate) -> (Option<Self>, Vec<Issue>) {
        let mut issues = graph_check::check_steps(plan);
        if issues.iter().any(|issue| !issue.warning) {
            return (None, issues);
        }
        let shape = match Shape::of(plan) {
            Ok(shape) => shape,
            Err(found) => {
                issues.extend(found);
                return (None, issues);
            }
        };
        issues.extend(graph_check::check_reach(plan, &shape));
        let (needs, found) = graph_expressions::check(plan, &shape, evaluate);
        issues.extend(found);
        if issues.iter().any(|issue| !issue.warning) {
            return (None, issues);
        }
        (Some(Self::build(plan, &shape, needs)), issues)
    }

    fn build(plan: &Plan, shape: &Shape, needs: Vec<(Needs, Needs)>) -> Self {
        let policies = |names: &[Arc<str>]| -> Vec<Policy> {
            names.iter().filter_map(|name| plan.policies.iter().find(|p| p.name == *name).cloned()).collect()
        };
        let nodes = plan
            .steps
            .iter()
            .zip(needs)
            .enumerate()
            .map(|(index, (step, (begin_needs, end_needs)))| Node {
                edges: shape.edges[index].clone(),
                on_failure: shape.on_failure[index],
                join: shape.joins.iter().position(|&join| usize::from(join) == index),
                holds: (0..shape.joins.len())
                    .filter(|&join| shape.ancestors[usize::from(shape.joins[join])].contains(&(index as u16)))
                    .collect(),
                next_joins: shape.next_joins(index as u16),
                end_needs,
                begin_needs,
                input_policies: policies(&step.input_policies),
                output_policies: policies(&step.output_policies),
                predecessors: shape.predecessors[index].clone(),
                step: step.clone(),
            })
            .collect::<Vec<_>>();
        let is_line = shape.starts.len() == 1 && nodes.iter().all(goes_one_way);
        Self { nodes, starts: shape.starts.clone(), joins: shape.joins.clone(), is_line }
    }

    /// The node of a step.
    ///
    /// # Panics
    /// When the index is not of this plan: a task never outlives its version.
    pub fn node(&self, step: u16) -> &Node {
        &self.nodes[usize::from(step)]
    }

    /// Index of the step with this key.
    pub fn step_index(&self, key: &str) -> Option<u16> {
        self.nodes.iter().position(|node| &*node.step.step_key == key).map(|index| index as u16)
    }
}

fn goes_one_way(node: &Node) -> bool {
    match node.edges.len() {
        0 => true,
        edges => edges == 1 && node.output_type() != OutputType::Multiple,
    }
}

/// Whether a step collects all that arrives.
pub(crate) fn is_join(step: &Step) -> bool {
    step.join == Join::All || !step.depends_on.is_empty()
}
