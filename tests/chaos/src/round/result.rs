//! What came of a round.

use super::{Configuration, Plan};
use crate::{
    check::Row,
    fault::Struck,
    history::{Answer, End, History},
};
use std::{collections::BTreeMap, fmt};

/// The share of calls that must have been answered, or the system was down rather than broken now and then.
const ANSWERED_MIN_PERCENT: usize = 30;
/// What clients do wrong, of which there must be some.
const OWN: [&str; 4] = ["cancelled call", "duplicate call", "re-ordered call", "late report"];

/// A round and its judgement.
#[derive(Debug, Clone)]
pub struct Result {
    /// Over what.
    pub configuration: Configuration,
    /// What was drawn from.
    pub seed: u64,
    /// A row an invariant.
    pub rows: Vec<Row>,
    /// Why the round shows nothing at all; none = it counts.
    pub void: Vec<String>,
    /// Calls, and those that were answered.
    pub calls: usize,
    /// See `calls`.
    pub answered: usize,
    /// Jobs in the end.
    pub jobs: usize,
    /// Messages that were delivered.
    pub deliveries: usize,
    /// Each fault that was fired, and what was seen of it.
    pub faults: Vec<(&'static str, String)>,
    /// How often calls were refused for what.
    pub refusals: BTreeMap<String, usize>,
    /// How often clients did what wrong.
    pub own: BTreeMap<String, usize>,
    /// How long it took to come to rest after healing, in milliseconds.
    pub rested_ms: u64,
    /// How long it all took.
    pub seconds: u64,
}

impl Result {
    pub(super) fn of(plan: &Plan, history: &History, end: &End, struck: Vec<Struck>) -> Self {
        let answered = history.ops.iter().filter(|op| op.answer != Answer::Unknown).count();
        let calls = history.ops.len();
        let mut own: BTreeMap<String, usize> = BTreeMap::new();
        for window in history.windows.iter().filter(|window| window.scope.is_some()) {
            *own.entry(window.what.clone()).or_default() += 1;
        }
        let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
        for op in &history.ops {
            if let Answer::Refused(reason) = &op.answer {
                *refusals.entry(reason.clone()).or_default() += 1;
            }
        }
        let mut void = Vec::new();
        if calls == 0 || 100 * answered < ANSWERED_MIN_PERCENT * calls {
            void.push(format!("{answered} of {calls} calls were answered: at least {ANSWERED_MIN_PERCENT} % must be"));
        }
        for struck in &struck {
            if let Err(why) = &struck.effect {
                void.push(format!("{} had no effect: {why}", struck.fault.name()));
            }
        }
        if struck.len() < plan.faults {
            void.push(format!("{} of {} faults were fired", struck.len(), plan.faults));
        }
        for what in OWN.iter().filter(|what| !own.contains_key(**what)) {
            void.push(format!("there was no {what}"));
        }
        let text =
            |struck: Struck| (struck.fault.name(), struck.effect.unwrap_or_else(|why| format!("NOTHING: {why}")));
        Self {
            configuration: plan.configuration,
            seed: plan.seed,
            rows: Vec::new(),
            void,
            calls,
            answered,
            jobs: end.jobs.len(),
            deliveries: history.deliveries.len(),
            faults: struck.into_iter().map(text).collect(),
            refusals,
            own,
            rested_ms: end.rested_ms,
            seconds: 0,
        }
    }

    /// Whether nothing breaks an invariant.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| row.findings.is_empty())
    }

    /// Whether it shows something: it is clean, and no guard voids it.
    pub fn counts(&self) -> bool {
        self.is_clean() && self.void.is_empty()
    }

    /// The invariants that something breaks.
    pub fn broken(&self) -> Vec<&'static str> {
        self.rows.iter().filter(|row| !row.findings.is_empty()).map(|row| row.id).collect()
    }
}

/// Findings of one invariant that are shown.
const SHOWN: usize = 4;

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = (100 * self.answered).checked_div(self.calls).unwrap_or_default();
        writeln!(
            f,
            "{}, seed {}: {} calls ({share} % answered), {} jobs, {} deliveries, {} faults, at rest {} ms after healing, {} s",
            self.configuration.name(),
            self.seed,
            self.calls,
            self.jobs,
            self.deliveries,
            self.faults.len(),
            self.rested_ms,
            self.seconds
        )?;
        for (fault, effect) in &self.faults {
            writeln!(f, "  fault: {fault}: {effect}")?;
        }
        let counted = |counts: &BTreeMap<String, usize>| {
            let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} x {what}")).collect();
            counts.join(", ")
        };
        writeln!(f, "  clients: {}", counted(&self.own))?;
        writeln!(f, "  refused: {}", counted(&self.refusals))?;
        for row in &self.rows {
            let verdict = match (row.findings.len(), row.judged, row.not_shown) {
                (0, 0, Some(why)) => format!("NOT SHOWN: {why}"),
                (0, 0, None) => "NOT SHOWN: there was no case".into(),
                (0, judged, _) => format!("kept in {judged} cases"),
                (broken, judged, _) => format!("BROKEN {broken} times in {judged} cases"),
            };
            writeln!(f, "  {:<4}{}: {verdict}", row.id, row.says)?;
            for finding in row.findings.iter().take(SHOWN) {
                writeln!(f, "        {finding}")?;
            }
        }
        for why in &self.void {
            writeln!(f, "  VOID: {why}")?;
        }
        Ok(())
    }
}
