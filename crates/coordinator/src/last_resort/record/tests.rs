use super::*;
use crate::{
    grant,
    token::TaskToken,
    work::{Reported, ReportedOutput},
};
use esteira_model::{AggregateRef, Emit, Failure, FailureKind, JobId, TaskId, Usage, Uuid, Verdict};
use std::time::Duration;

const STORE: &str = "0011";

fn token() -> TaskToken {
    TaskToken { job: JobId(Uuid::from_bytes([1; 16])), task: TaskId(Uuid::from_bytes([2; 16])), fence: 3 }
}

fn report(outcome: Reported) -> Report {
    Report {
        token: token(),
        outcome,
        usage: Usage {
            cpu_time: Duration::new(1, 5),
            wall_time: Duration::from_nanos(7),
            peak_rss_bytes: 1,
            bytes_read: 2,
            bytes_written: 3,
        },
        worker_start_time: Some(Time(4)),
        worker_end_time: None,
        digest: [9; 16],
        capsule: Vec::new(),
    }
}

fn outcomes() -> Vec<Reported> {
    // Bytes that must come back as they are: escapes, a big integer, a NUL, bytes that are no text.
    let json = Payload::json("{\"a\": 9007199254740993, \"b\": \"\\u0000\\ud83d\\ude00\"}");
    let binary = Payload { schema: "s".into(), ..Payload::binary(vec![0, 255, 10]) };
    let completed = |output| Reported::Completed {
        output,
        aggregate_after: Some(AggregateRef { kind: "order".into(), id: "1".into(), version: 2 }),
        emits: vec![Emit {
            topic: "t".into(),
            key: String::new(),
            payload: binary.clone(),
            headers: [("k".to_owned(), "v".to_owned())].into(),
        }],
        verdicts: vec![Verdict { policy: "p".into(), version: "1".into(), passed: false, detail: "d".into() }],
    };
    let failure = Failure {
        retry_after: Some(Duration::from_millis(1)),
        details: Some(json.clone()),
        ..Failure::engine(FailureKind::Timeout, "C", "m")
    };
    vec![
        completed(ReportedOutput::None),
        completed(ReportedOutput::Single(json.clone())),
        completed(ReportedOutput::Multiple(vec![binary.clone(), Payload::none(), json])),
        completed(ReportedOutput::Appended(7)),
        Reported::Failed(failure, Some(binary)),
        Reported::Released,
    ]
}

#[test]
fn a_report_comes_back_as_it_was() {
    let lease = LeaseRecord::of(&grant::of_lease(token()), None);
    for outcome in outcomes() {
        let said = report(outcome);
        let record = of_report(&said, &lease, STORE, Time(1));
        match read(&record.payload, STORE) {
            Ok(Said::Report(back)) => assert_eq!(format!("{back:?}"), format!("{said:?}")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_cut_or_longer_or_of_another_store_is_not_read() {
    let lease = LeaseRecord::of(&grant::of_lease(token()), None);
    for outcome in outcomes() {
        let payload = of_report(&report(outcome), &lease, STORE, Time(1)).payload;
        assert_eq!(read(&payload, "2233").err(), Some(Unreadable::OtherStore));
        for end in 0..payload.len() {
            assert!(read(&payload[..end], STORE).is_err(), "{end} bytes");
        }
        assert!(read(&[payload.as_slice(), b"x"].concat(), STORE).is_err());
    }
}

#[test]
fn the_same_report_is_the_same_record_and_another_is_not() {
    let lease = LeaseRecord::of(&grant::of_lease(token()), None);
    let id = |report: &Report| of_report(report, &lease, STORE, Time(1)).id;
    let one = report(Reported::Released);
    assert_eq!(id(&one), id(&Report { usage: Usage::default(), ..one.clone() }));
    assert_ne!(id(&one), id(&Report { digest: [8; 16], ..one.clone() }));
    assert_ne!(id(&one), id(&Report { token: TaskToken { fence: 4, ..token() }, ..one }));
}
