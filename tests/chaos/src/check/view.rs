//! A history and an end, with what several invariants look up in them.

use crate::history::{Answer, Delivery, End, EndJob, EndTask, Grant, History, Op, Reported, Said};
use std::collections::HashMap;

/// A grant that somebody heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted<'a> {
    pub grant: &'a Grant,
    pub op: &'a Op,
}

/// A report, whatever came back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report<'a> {
    pub task: &'a str,
    pub fence: i64,
    pub report: &'a Reported,
    pub op: &'a Op,
    /// Why the last resort could not bring it back.
    pub set_aside: Option<&'a str>,
}

impl Report<'_> {
    /// Whether the coordinator said that it stands. What only the last resort had does not, when it came too late: that is told
    /// where it is set aside, and judged by I11.
    pub fn stands(&self) -> bool {
        match self.op.answer {
            Answer::Reported { held, .. } => !(held && self.set_aside.is_some()),
            _ => false,
        }
    }

    /// Whether the last resort had it.
    pub fn is_held(&self) -> bool {
        matches!(self.op.answer, Answer::Reported { held: true, .. })
    }
}

/// Both, and their indexes.
pub(super) struct View<'a> {
    pub history: &'a History,
    pub end: &'a End,
    /// Grants of each task, in the order in which they were heard.
    pub grants: HashMap<&'a str, Vec<Granted<'a>>>,
    /// Reports of each task, in the order in which they were sent.
    pub reports: HashMap<&'a str, Vec<Report<'a>>>,
    pub jobs: HashMap<&'a str, &'a EndJob>,
    pub tasks: HashMap<&'a str, (&'a EndJob, &'a EndTask)>,
    /// Deliveries of each topic and key, in their order.
    pub delivered: HashMap<&'a str, Vec<&'a Delivery>>,
}

impl<'a> View<'a> {
    pub fn of(history: &'a History, end: &'a End) -> Self {
        let mut view = Self {
            history,
            end,
            grants: HashMap::new(),
            reports: HashMap::new(),
            jobs: end.jobs.iter().map(|job| (job.job.as_str(), job)).collect(),
            tasks: HashMap::new(),
            delivered: HashMap::new(),
        };
        for job in &end.jobs {
            view.tasks.extend(job.tasks.iter().map(|task| (task.task.as_str(), (job, task))));
        }
        let aside: HashMap<(&str, i64), &str> =
            end.set_aside.iter().map(|aside| ((aside.task.as_str(), aside.fence), aside.reason.as_str())).collect();
        for op in &history.ops {
            if let Answer::Grants(grants) = &op.answer {
                for grant in grants {
                    view.grants.entry(&grant.task).or_default().push(Granted { grant, op });
                }
            }
            if let Said::Report { task, fence, report, .. } = &op.said {
                let set_aside = aside.get(&(task.as_str(), *fence)).copied();
                let report = Report { task, fence: *fence, report, op, set_aside };
                view.reports.entry(task).or_default().push(report);
            }
        }
        view.grants.values_mut().for_each(|grants| grants.sort_by_key(|granted| granted.op.heard));
        for delivery in &history.deliveries {
            view.delivered.entry(&delivery.key).or_default().push(delivery);
        }
        view
    }

    /// Every report.
    pub fn all_reports(&self) -> impl Iterator<Item = &Report<'a>> {
        self.reports.values().flatten()
    }

    /// The fence under which a task's result was accepted, as the system says in the end.
    pub fn accepted(&self, task: &str) -> Option<i64> {
        self.tasks.get(task).and_then(|(_, task)| task.accepted())
    }

    /// Messages of completions that were accepted: topic and key, body, and the reports that carried them.
    pub fn emitted(&self) -> Vec<Emitted<'a>> {
        let mut found: HashMap<&'a str, Emitted<'a>> = HashMap::new();
        for report in self.all_reports() {
            let Reported::Completed { emits, outputs } = report.report else { continue };
            let ended = self.tasks.get(report.task).map(|(_, task)| *task);
            let stands = ended.is_some_and(|task| task.accepted() == Some(report.fence) && task.outputs == *outputs);
            if !stands {
                continue;
            }
            for (index, (key, body)) in emits.iter().enumerate() {
                // What the last resort has is committed later, when it comes back.
                let stood = if report.stands() && !report.is_held() { report.op.heard } else { u64::MAX };
                let emitted =
                    found.entry(body).or_insert(Emitted { key, body, index, sent: report.op.sent, stood: u64::MAX });
                emitted.sent = emitted.sent.min(report.op.sent);
                emitted.stood = emitted.stood.min(stood);
            }
        }
        found.into_values().collect()
    }
}

/// A message of an accepted completion. It was committed after `sent` and before `stood`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Emitted<'a> {
    pub key: &'a str,
    pub body: &'a str,
    pub index: usize,
    pub sent: u64,
    pub stood: u64,
}
