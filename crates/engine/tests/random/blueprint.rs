//! Random plans that compile: edges lead forward only.

use crate::harness::{S, plan, step};
use esteira_model::{OutputType, Plan};
use proptest::{collection::vec, option::weighted, prelude::*};

/// Most steps of a random plan.
const STEPS_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Single,
    /// So many items.
    Multiple(usize),
    None,
    Condition,
    Wait,
    /// The n-th plan of the world, with this output type.
    Sub(u8, OutputType),
}

/// How a function of a step behaves, whenever it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trouble {
    No,
    /// Always fails for good.
    Breaks,
    /// Fails for good for each second item.
    BreaksOnOdd,
    /// Fails once, then succeeds.
    Hiccups,
}

#[derive(Debug, Clone)]
pub struct Block {
    pub kind: Kind,
    join: bool,
    first_match: bool,
    /// How far ahead, and under which condition.
    edges: Vec<(usize, &'static str)>,
    on_failure: Option<usize>,
    template: Option<&'static str>,
    pub trouble: Trouble,
}

/// A random plan of at most eight steps `s0`..`s7`.
#[derive(Debug, Clone)]
pub struct Blueprint(pub Vec<Block>);

fn kind() -> impl Strategy<Value = Kind> {
    let output = prop_oneof![Just(OutputType::Single), Just(OutputType::Multiple), Just(OutputType::None)];
    prop_oneof![
        6 => Just(Kind::Single),
        5 => prop_oneof![1 => 0usize..2, 4 => 2usize..4].prop_map(Kind::Multiple),
        2 => Just(Kind::None),
        2 => Just(Kind::Condition),
        1 => Just(Kind::Wait),
        1 => (2u8..5, output).prop_map(|(child, output)| Kind::Sub(child, output)),
    ]
}

fn condition() -> impl Strategy<Value = &'static str> {
    prop_oneof![16 => Just(""), 2 => Just("true"), 3 => Just("false"), 3 => Just("output has 1]"), 2 => Just("output has s1"), 1 => Just("index == 0")]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let some = prop_oneof![Just(Trouble::Breaks), Just(Trouble::BreaksOnOdd), Just(Trouble::Hiccups)];
    prop_oneof![9 => Just(Trouble::No), 2 => some]
}

fn block() -> impl Strategy<Value = Block> {
    let edges = vec((prop_oneof![3 => Just(1usize), 2 => Just(2), 1 => Just(3)], condition()), 1..4);
    let template = weighted(0.15, prop_oneof![7 => Just("[<input>]"), 1 => Just("<boom>")]);
    (
        kind(),
        weighted(0.35, Just(())).prop_map(|join| join.is_some()),
        weighted(0.25, Just(())).prop_map(|first| first.is_some()),
        edges,
        weighted(0.4, 1usize..4),
        template,
        trouble(),
    )
        .prop_map(|(kind, join, first_match, edges, on_failure, template, trouble)| Block {
            kind,
            join,
            first_match,
            edges,
            on_failure,
            template,
            trouble,
        })
}

pub fn blueprints() -> impl Strategy<Value = Blueprint> {
    prop_oneof![1 => vec(block(), 1..4), 6 => vec(block(), 4..=STEPS_MAX)].prop_map(|mut blocks| {
        // Two fan-outs at most: more only take more time.
        let fans = blocks.iter_mut().filter(|block| matches!(block.kind, Kind::Multiple(_)));
        fans.skip(2).for_each(|block| block.kind = Kind::Single);
        Blueprint(blocks)
    })
}

impl Blueprint {
    /// A join whose template has no value; the way on from what takes its failure depends on what was joined.
    pub fn join_that_cannot_be_built() -> Self {
        let block = |kind, edges: &[(usize, &'static str)]| Block {
            kind,
            join: false,
            first_match: false,
            edges: edges.to_vec(),
            on_failure: None,
            template: None,
            trouble: Trouble::No,
        };
        let join = Block { join: true, on_failure: Some(1), template: Some("<boom>"), ..block(Kind::Single, &[]) };
        Self(vec![
            block(Kind::Multiple(2), &[(1, "")]),
            block(Kind::Multiple(2), &[(1, "")]),
            join,
            block(Kind::Condition, &[(1, "output has 1]")]),
            block(Kind::Single, &[]),
        ])
    }

    /// The plan, and the plans of its sub-plans: one result, two results, a failure.
    pub fn plans(&self) -> Vec<Plan> {
        let mut led_to = vec![false; self.0.len()];
        let mut steps = Vec::new();
        for (index, block) in self.0.iter().enumerate() {
            let mut s = self.step(index, block, led_to[index]);
            let key = |ahead: usize| (index + ahead < self.0.len()).then(|| format!("s{}", index + ahead));
            let mut targets = Vec::new();
            for (ahead, condition) in &block.edges {
                if targets.contains(ahead) {
                    continue;
                }
                if let Some(key) = key(*ahead) {
                    targets.push(*ahead);
                    led_to[index + ahead] = true;
                    s = s.to_if(&key, condition);
                }
            }
            if block.first_match {
                // Only the last edge of a first match may have no condition.
                let last = s.0.next.len().saturating_sub(1);
                s.0.next
                    .iter_mut()
                    .take(last)
                    .filter(|e| e.condition.is_empty())
                    .for_each(|e| e.condition = "output has 1]".into());
                s = s.first_match();
            }
            if let Some(ahead) = block.on_failure.filter(|ahead| !targets.contains(ahead))
                && let Some(key) = key(ahead)
            {
                led_to[index + ahead] = true;
                s = s.on_failure(&key);
            }
            steps.push(s);
        }
        vec![plan(steps), plan([step("x1")]), plan([step("x2").multiple()]), plan([step("x3").to("y"), step("y")])]
    }

    fn step(&self, index: usize, block: &Block, led_to: bool) -> S {
        let mut s = step(&format!("s{index}")).attempts(3);
        s = match block.kind {
            Kind::Single => s,
            Kind::Multiple(_) => s.multiple(),
            Kind::None => s.none(),
            Kind::Condition => s.condition(),
            Kind::Wait => s.wait(index as u64),
            Kind::Sub(child, output) => s.sub_plan(child).output(output),
        };
        if let Some(template) = block.template {
            s = s.template(template);
        }
        if block.join && led_to { s.join() } else { s }
    }
}
