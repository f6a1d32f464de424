//! Token counts of a job as compact text: `open failed join join ...`, a join as `pending[:task,parent,create_time,aggregate_version][!]`.
//!
//! It is read and written with each join or fork, and by nothing but this file.

use esteira_model::{
    Time,
    job::{Flow, JoinFlow, WaitingJoin},
};
use esteira_store::{Error, Kind, Result};
use std::fmt::Write;

/// The text of these counts.
pub(crate) fn flow_text(flow: &Flow) -> String {
    let mut text = format!("{} {}", flow.open, flow.failed);
    for join in &flow.joins {
        let _ = write!(text, " {}", join.pending);
        if let Some(waiting) = &join.waiting {
            let _ = write!(
                text,
                ":{},{},{},{}",
                waiting.task, waiting.parent, waiting.create_time.0, waiting.aggregate_version
            );
        }
        if join.fired {
            text.push('!');
        }
    }
    text
}

/// The counts of a text.
pub(crate) fn read_flow(text: &str) -> Result<Flow> {
    parse(text).ok_or_else(|| Error::new(Kind::Defect, "stored flow has an unknown form"))
}

fn parse(text: &str) -> Option<Flow> {
    let mut words = text.split(' ');
    let open = words.next()?.parse().ok()?;
    let failed = words.next()?.parse().ok()?;
    let joins = words.map(parse_join).collect::<Option<_>>()?;
    Some(Flow { open, failed, joins })
}

fn parse_join(word: &str) -> Option<JoinFlow> {
    let fired = word.ends_with('!');
    let word = word.trim_end_matches('!');
    let (pending, waiting) = match word.split_once(':') {
        Some((pending, waiting)) => (pending, Some(parse_waiting(waiting)?)),
        None => (word, None),
    };
    Some(JoinFlow { pending: pending.parse().ok()?, waiting, fired })
}

fn parse_waiting(text: &str) -> Option<WaitingJoin> {
    let mut words = text.split(',');
    let waiting = WaitingJoin {
        task: words.next()?.parse().ok()?,
        parent: words.next()?.parse().ok()?,
        create_time: Time(words.next()?.parse().ok()?),
        aggregate_version: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(waiting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::{TaskId, Uuid};

    #[test]
    fn every_form_of_a_join_comes_back() {
        let id = |byte| TaskId(Uuid::from_bytes([byte; 16]));
        let waiting = WaitingJoin { task: id(7), parent: id(8), create_time: Time(-9), aggregate_version: 10 };
        let joins = [(0, None, false), (3, None, true), (1, Some(waiting), false), (u64::MAX, Some(waiting), true)];
        let flow = Flow {
            open: 12,
            failed: 1,
            joins: joins.map(|(pending, waiting, fired)| JoinFlow { pending, waiting, fired }).into(),
        };
        assert_eq!(read_flow(&flow_text(&flow)).expect("reads"), flow);
        assert_eq!(flow_text(&Flow::default()), "0 0");
        assert_eq!(read_flow("0 0").expect("reads"), Flow::default());
    }

    #[test]
    fn other_texts_are_a_defect() {
        for text in ["", "1", "1 x", "1 2 ", "1 2 3:nothing", "1 2 3:a,b,c,d", "-1 0"] {
            assert!(read_flow(text).is_err(), "{text:?}");
        }
    }
}
