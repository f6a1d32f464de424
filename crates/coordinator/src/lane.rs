//! Lanes: ready tasks that any of the same workers can take, in order.

use esteira_engine::Node;
use esteira_model::{PlanId, Run};

/// What a poll must offer to take a task of this lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lane {
    /// Tenant.
    pub account: String,
    /// Queue.
    pub queue: String,
    /// Function.
    pub function: String,
    /// Version that the step asks for, or "".
    pub version: String,
    /// The step whose `max_in_flight` counts here (`plan/step`), and the number.
    pub limit: Option<(String, u32)>,
}

impl Lane {
    /// The lane of a step's tasks.
    pub fn of(account: &str, plan: PlanId, node: &Node) -> Self {
        let function = match &node.step.run {
            Run::Function(name) => name.to_string(),
            _ => String::new(),
        };
        let max = node.step.max_in_flight;
        Self {
            account: account.to_owned(),
            queue: node.queue().to_owned(),
            function,
            version: node.step.function_version.to_string(),
            limit: (max > 0).then(|| (format!("{plan}/{}", node.step.step_key), max)),
        }
    }

    /// The text form that the store keeps. Names cannot hold the separator; a version is free text and is escaped.
    pub fn to_text(&self) -> String {
        let (step, max) = self.limit.as_ref().map_or(("", 0), |(step, max)| (step, *max));
        let version = self.version.replace('%', "%25").replace('|', "%7C");
        format!("{}|{}|{}|{version}|{step}|{max}", self.account, self.queue, self.function)
    }

    /// The reverse of [`Lane::to_text`].
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let mut part = || parts.next().map(str::to_owned);
        let (account, queue, function, version, step, max) = (part()?, part()?, part()?, part()?, part()?, part()?);
        let max: u32 = max.parse().ok()?;
        let version = version.replace("%7C", "|").replace("%25", "%");
        Some(Self { account, queue, function, version, limit: (max > 0).then_some((step, max)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        for limit in [None, Some(("p/s".to_owned(), 5))] {
            let lane = Lane {
                account: "default".into(),
                queue: "gpu".into(),
                function: "f".into(),
                version: "1.2|%7C%".into(),
                limit,
            };
            assert_eq!(Lane::parse(&lane.to_text()), Some(lane));
        }
        assert_eq!(Lane::parse("a|b|c"), None);
    }
}
