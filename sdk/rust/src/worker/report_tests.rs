use super::*;
use crate::model::{
    Emit, Headers, OutputType, Payload,
    error::{OUTPUT_TYPE_MISMATCH, RESULT_TOO_LARGE},
};

fn invocation(output_type: OutputType) -> Invocation {
    Invocation { output_type, function_name: "f".into(), ..Invocation::default() }
}

fn report(ending: Ending, output_type: OutputType, reason: Option<CancelReason>) -> Report {
    decide(ending, Said::default(), &invocation(output_type), reason, &Limits::default())
}

fn returned(output: Output, output_type: OutputType) -> Report {
    report(Ending::Returned(Ok(output.into())), output_type, None)
}

fn failure(report: Report) -> (v1::FailureKind, String) {
    match report {
        Report::Ready(WireOutcome::Failed(v1::Failing { failure: Some(failure), .. })) => {
            (failure.kind(), failure.code)
        }
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[test]
fn an_output_of_another_type_is_refused_here() {
    let cases = [
        (Output::None, OutputType::Single),
        (Output::Many(vec![]), OutputType::Single),
        (Output::One(Payload::json("1")), OutputType::Multiple),
    ];
    for (output, expected) in cases {
        assert_eq!(failure(returned(output, expected)), (v1::FailureKind::NonRetryable, OUTPUT_TYPE_MISMATCH.into()));
    }
}

#[test]
fn errors_keep_their_kind_unless_the_function_was_cancelled() {
    let retryable = || Ending::Returned(Err(Error::retryable("BUSY", "later")));
    let fatal = || Ending::Returned(Err(Error::non_retryable("BAD", "never")));
    let cases = [
        (retryable(), None, v1::FailureKind::Retryable, "BUSY"),
        (fatal(), None, v1::FailureKind::NonRetryable, "BAD"),
        (fatal(), Some(CancelReason::Job), v1::FailureKind::Cancelled, "CANCELLED"),
        (retryable(), Some(CancelReason::Timeout), v1::FailureKind::Timeout, "EXECUTION_TIMEOUT"),
        (fatal(), Some(CancelReason::Timeout), v1::FailureKind::NonRetryable, "BAD"),
        (Ending::Abandoned, Some(CancelReason::Timeout), v1::FailureKind::Timeout, "EXECUTION_TIMEOUT"),
        (Ending::Panicked(Box::new("boom")), None, v1::FailureKind::Retryable, UNHANDLED),
        (Ending::Returned(Err(Error::non_retryable("not a code", ""))), None, v1::FailureKind::NonRetryable, UNHANDLED),
    ];
    for (ending, reason, kind, code) in cases {
        assert_eq!(failure(report(ending, OutputType::Single, reason)), (kind, code.to_owned()));
    }
}

#[test]
fn a_drained_function_costs_no_attempt_unless_it_finished() {
    let error = Ending::Returned(Err(Error::retryable("STOPPED", "")));
    assert_eq!(
        report(error, OutputType::None, Some(CancelReason::Drain)),
        Report::Ready(released("the worker shuts down"))
    );
    let done = report(Ending::Returned(Ok(Outcome::none())), OutputType::None, Some(CancelReason::Drain));
    assert!(matches!(done, Report::Ready(WireOutcome::Completed(_))));
}

#[test]
fn what_is_too_large_is_said_before_it_is_sent() {
    let large = Payload::binary(vec![0; (1 << 20) + 1]);
    assert_eq!(failure(returned(Output::One(large.clone()), OutputType::Single)).1, RESULT_TOO_LARGE);
    assert_eq!(failure(returned(Output::Many(vec![large]), OutputType::Multiple)).1, RESULT_TOO_LARGE);
    let many = vec![Payload::none(); 100_001];
    assert_eq!(failure(returned(Output::Many(many), OutputType::Multiple)).1, RESULT_TOO_LARGE);
    let emit = Emit {
        topic: "t".into(),
        key: String::new(),
        payload: Payload::binary(vec![0; 1 << 20]),
        headers: Headers::new(),
    };
    let said = Said { emits: vec![emit; 5], ..Said::default() };
    let report =
        decide(Ending::Returned(Ok(Outcome::none())), said, &invocation(OutputType::None), None, &Limits::default());
    assert_eq!(failure(report).1, RESULT_TOO_LARGE);
}

#[test]
fn large_multiples_are_appended_in_order() {
    let cases: [(usize, usize, Option<&[usize]>); 4] =
        [(1_000, 10, None), (1_001, 10, Some(&[1_000, 1])), (6, 1 << 20, Some(&[3, 3])), (3, 1 << 20, None)];
    for (count, bytes, expected) in cases {
        let items = (0..count).map(|i| Payload::binary(vec![u8::try_from(i % 251).expect("small"); bytes])).collect();
        match (returned(Output::Many(items), OutputType::Multiple), expected) {
            (Report::Ready(WireOutcome::Completed(_)), None) => {}
            (Report::Append(chunks, completion), Some(sizes)) => {
                assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
                assert_eq!(completion.output, Some(WireOutput::AppendedItems(i64::try_from(count).expect("small"))));
                assert!(chunks.iter().all(|items| {
                    v1::AppendOutputsRequest { items: items.clone(), ..Default::default() }.encoded_len() <= 4 << 20
                }));
            }
            (other, _) => panic!("{count} items of {bytes} bytes: {}", matches!(other, Report::Append(..))),
        }
    }
}

#[test]
fn a_failure_carries_the_checkpoint_if_it_is_small_enough() {
    for (checkpoint, expected) in [(Payload::json("7"), true), (Payload::binary(vec![0; 2 << 20]), false)] {
        let said = Said { checkpoint: Some(checkpoint), ..Said::default() };
        let report = decide(
            Ending::Returned(Err(Error::retryable("X", ""))),
            said,
            &invocation(OutputType::None),
            None,
            &Limits::default(),
        );
        let Report::Ready(WireOutcome::Failed(failing)) = report else { panic!("expected a failure") };
        assert_eq!(failing.checkpoint.is_some(), expected);
    }
}
