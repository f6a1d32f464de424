//! Histories for the tests of the checks: one that keeps everything, and words to add to it.

use crate::history::{
    Answer, Delivery, End, EndAttempt, EndJob, EndTask, Grant, History, Message, Op, Reported, Said, Window,
};

/// A job `j1` of request `r1` and input `d1`, whose task `t1` succeeded under fence 1 with the output `o1`.
pub(super) fn kept(test: impl FnOnce(&mut History, &mut End)) {
    let job = EndJob {
        job: "j1".into(),
        request: "r1".into(),
        state: "SUCCEEDED".into(),
        source: String::new(),
        digest: "d1".into(),
        tasks: Vec::new(),
    };
    let mut end = End { jobs: vec![job], ..End::default() };
    end.accept("t1", 1);
    test(&mut History::default(), &mut end);
}

impl End {
    /// A task that succeeded under this fence.
    pub(super) fn accept(&mut self, task: &str, fence: i64) {
        self.jobs[0].tasks.push(EndTask {
            task: task.into(),
            step: "step".into(),
            state: "SUCCEEDED".into(),
            parent: String::new(),
            outputs: vec!["o1".into()],
            attempts: vec![EndAttempt { number: 1, fence, ended: true, failed: false, expired: false }],
        });
    }

    /// A message that waits.
    pub(super) fn waits(&mut self, message: &str, key: &str, parked: bool) {
        self.waiting.push(Message { message: message.into(), key: key.into(), parked });
    }
}

impl History {
    pub(super) fn op(&mut self, said: Said, answer: Answer, at: u64) -> &mut Op {
        self.ops.push(Op { client: "c".into(), sent: at, heard: at + 1, said, answer });
        self.ops.last_mut().expect("just put there")
    }

    pub(super) fn start(&mut self, request: &str, digest: &str, job: &str) -> &mut Op {
        let said = Said::Start { request: request.into(), digest: digest.into() };
        self.op(said, Answer::Started { job: job.into(), again: false, held: false }, 1)
    }

    pub(super) fn reprocessed(&mut self, request: &str, source: &str, job: &str) -> &mut Op {
        let said = Said::Reprocess { request: request.into(), job: source.into() };
        self.op(said, Answer::Started { job: job.into(), again: false, held: false }, 50)
    }

    pub(super) fn cancelled(&mut self, job: &str, at: u64) -> &mut Op {
        let said = Said::Control { request: "c1".into(), job: job.into(), action: "CANCEL".into() };
        self.op(said, Answer::Job { state: "CANCELLING".into() }, at)
    }

    pub(super) fn read(&mut self, job: &str, state: &str, at: u64) -> &mut Op {
        self.op(Said::Read { job: job.into() }, Answer::Job { state: state.into() }, at)
    }

    pub(super) fn granted(&mut self, task: &str, fence: i64, at: u64) -> &mut Grant {
        let grant = Grant {
            job: "j1".into(),
            task: task.into(),
            step: "step".into(),
            fence,
            token: format!("{task}-{fence}-{at}"),
            attempt: 1,
            exclusive: None,
            made: Vec::new(),
            joins: false,
        };
        let op = self.op(Said::Poll { request: format!("p{at}") }, Answer::Grants(vec![grant]), at);
        match &mut op.answer {
            Answer::Grants(grants) => &mut grants[0],
            _ => unreachable!("put there above"),
        }
    }

    pub(super) fn report(&mut self, task: &str, fence: i64, report: Reported, at: u64) -> &mut Op {
        let said = Said::Report { job: "j1".into(), task: task.into(), fence, report };
        self.op(said, Answer::Reported { again: false, held: false }, at)
    }

    pub(super) fn completed(&mut self, task: &str, fence: i64, output: &str, at: u64) {
        self.report(task, fence, Reported::Completed { outputs: vec![output.into()], emits: Vec::new() }, at);
    }

    pub(super) fn emitted(&mut self, task: &str, fence: i64, key: &str, body: &str, at: u64) -> &mut Op {
        let emits = vec![(key.into(), body.into())];
        self.report(task, fence, Reported::Completed { outputs: vec!["o1".into()], emits }, at)
    }

    pub(super) fn delivered(&mut self, message: &str, key: &str, sequence: i64, body: &str, at: u64) {
        let delivery = Delivery { at, message: message.into(), key: key.into(), sequence, body: body.into() };
        self.deliveries.push(delivery);
    }

    pub(super) fn parked(&mut self, key: &str, at: u64) {
        let said = Said::NackOutbox { lease: "l".into(), key: key.into(), park: true };
        self.op(said, Answer::Nacked, at);
    }

    pub(super) fn own(&mut self, scope: &str, begin: u64, end: u64) {
        self.windows.push(Window { what: "own".into(), scope: Some(scope.into()), begin, end });
    }
}
