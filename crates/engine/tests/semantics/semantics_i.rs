//! (i) An account's block stops starts and grants, never reports. The engine knows no account's state: no report is
//! refused but to a job that ended, or of another output type than the step's; and a child job is a follow-up that the
//! coordinator may refuse.

use crate::harness::{World, many, nothing, one, plan, step};
use esteira_engine::Refusal;
use esteira_model::{JobAction, JobState, OutputType};

#[test]
fn a_report_is_taken_in_every_state_that_is_not_terminal() {
    let actions = [
        (None, JobState::Running),
        (Some(JobAction::Pause), JobState::Paused),
        (Some(JobAction::Cancel), JobState::Cancelling),
    ];
    for (action, state) in actions {
        for (report, mark) in [(one("1"), "a+"), (nothing(), "")] {
            let mut world = World::started(plan([step("a").to("b"), step("b")]), "0");
            let a = world.find("a");
            world.lease(a);
            if let Some(action) = action {
                world.control(action, "").expect("it runs");
            }
            assert_eq!(world.root().state, state);
            match world.complete(a, report) {
                Ok(_) => assert!(world.story().contains(mark) && !mark.is_empty()),
                Err(refusal) => assert!(matches!(refusal, Refusal::OutputTypeMismatch(_)) && mark.is_empty()),
            }
        }
    }
}

#[test]
fn the_output_is_of_the_step_s_type() {
    let reports = [(OutputType::None, nothing()), (OutputType::Single, one("1")), (OutputType::Multiple, many(&["1"]))];
    for (expected, _) in &reports {
        for (given, report) in &reports {
            let mut world = World::started(plan([step("a").output(*expected)]), "0");
            let a = world.find("a");
            world.lease(a);
            let before = (world.root().clone(), world.live[&a].task.clone());
            let answer = world.complete(a, report.clone());
            if given == expected {
                assert!(answer.is_ok());
                continue;
            }
            let text = format!("the step's output is `{expected}`, the report's is `{given}`");
            assert_eq!(answer.expect_err("another type"), Refusal::OutputTypeMismatch(text));
            assert_eq!((world.root().clone(), world.live[&a].task.clone()), before, "a refusal changes nothing");
            world.finish();
            assert_eq!(world.story(), "SUCCEEDED a+", "the right report is still taken");
        }
    }
}
