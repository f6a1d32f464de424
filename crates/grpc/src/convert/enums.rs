//! Closed enums, both ways. A value that the contract does not know is refused.

use crate::{
    convert::at::At,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_model::{DataClass, FailureKind, JobAction, JobState, LineageKind, OutputType, TaskState, WaitReason};

fn unknown<T>(at: At<'_>) -> Answer<T> {
    Err(Refusal::field(at, "is not one of the values that may stand here"))
}

/// None for UNSPECIFIED: the operator's default.
pub fn data_class(value: i32, at: At<'_>) -> Answer<Option<DataClass>> {
    match v1::DataClass::try_from(value) {
        Ok(v1::DataClass::Unspecified) => Ok(None),
        Ok(v1::DataClass::Production) => Ok(Some(DataClass::Production)),
        Ok(v1::DataClass::Qa) => Ok(Some(DataClass::Qa)),
        Ok(v1::DataClass::Devtest) => Ok(Some(DataClass::Devtest)),
        Err(_) => unknown(at),
    }
}

/// Required.
pub fn job_action(value: i32, at: At<'_>) -> Answer<JobAction> {
    match v1::JobAction::try_from(value) {
        Ok(v1::JobAction::Pause) => Ok(JobAction::Pause),
        Ok(v1::JobAction::Resume) => Ok(JobAction::Resume),
        Ok(v1::JobAction::Cancel) => Ok(JobAction::Cancel),
        Ok(v1::JobAction::Terminate) => Ok(JobAction::Terminate),
        Ok(v1::JobAction::Unspecified) => Err(Refusal::field(at, "is required")),
        Err(_) => unknown(at),
    }
}

/// The kinds that a worker may report.
pub fn failure_kind(value: i32, at: At<'_>) -> Answer<FailureKind> {
    match v1::FailureKind::try_from(value) {
        Ok(v1::FailureKind::Retryable) => Ok(FailureKind::Retryable),
        Ok(v1::FailureKind::NonRetryable) => Ok(FailureKind::NonRetryable),
        Ok(v1::FailureKind::Timeout) => Ok(FailureKind::Timeout),
        Ok(v1::FailureKind::Cancelled) => Ok(FailureKind::Cancelled),
        Ok(v1::FailureKind::Unspecified) => Err(Refusal::field(at, "is required")),
        Ok(v1::FailureKind::LeaseExpired | v1::FailureKind::Protocol) => {
            Err(Refusal::field(at, "is a kind of the coordinator's own"))
        }
        Err(_) => unknown(at),
    }
}

/// None for UNSPECIFIED.
pub fn output_type(value: i32, at: At<'_>) -> Answer<Option<OutputType>> {
    match v1::OutputType::try_from(value) {
        Ok(v1::OutputType::Unspecified) => Ok(None),
        Ok(v1::OutputType::Single) => Ok(Some(OutputType::Single)),
        Ok(v1::OutputType::Multiple) => Ok(Some(OutputType::Multiple)),
        Ok(v1::OutputType::None) => Ok(Some(OutputType::None)),
        Err(_) => unknown(at),
    }
}

/// On the wire.
pub const fn data_class_out(value: DataClass) -> v1::DataClass {
    match value {
        DataClass::Production => v1::DataClass::Production,
        DataClass::Qa => v1::DataClass::Qa,
        DataClass::Devtest => v1::DataClass::Devtest,
    }
}

/// On the wire.
pub const fn job_state_out(value: JobState) -> v1::JobState {
    match value {
        JobState::Pending => v1::JobState::Pending,
        JobState::Running => v1::JobState::Running,
        JobState::Paused => v1::JobState::Paused,
        JobState::Cancelling => v1::JobState::Cancelling,
        JobState::Succeeded => v1::JobState::Succeeded,
        JobState::Failed => v1::JobState::Failed,
        JobState::Cancelled => v1::JobState::Cancelled,
        JobState::TimedOut => v1::JobState::TimedOut,
    }
}

/// On the wire.
pub const fn task_state_out(value: TaskState) -> v1::TaskState {
    match value {
        TaskState::Waiting => v1::TaskState::Waiting,
        TaskState::Ready => v1::TaskState::Ready,
        TaskState::Leased => v1::TaskState::Leased,
        TaskState::Backoff => v1::TaskState::Backoff,
        TaskState::Succeeded => v1::TaskState::Succeeded,
        TaskState::Failed => v1::TaskState::Failed,
        TaskState::Cancelled => v1::TaskState::Cancelled,
        TaskState::Skipped => v1::TaskState::Skipped,
    }
}

/// On the wire.
pub const fn wait_reason_out(value: WaitReason) -> v1::WaitReason {
    match value {
        WaitReason::NoWorker => v1::WaitReason::NoWorker,
        WaitReason::RetryBackoff => v1::WaitReason::RetryBackoff,
        WaitReason::Concurrency => v1::WaitReason::Concurrency,
        WaitReason::Paused => v1::WaitReason::Paused,
        WaitReason::Join => v1::WaitReason::Join,
        WaitReason::Delayed => v1::WaitReason::Delayed,
        WaitReason::AggregateBusy => v1::WaitReason::AggregateBusy,
        WaitReason::SubPlan => v1::WaitReason::SubPlan,
        WaitReason::QueuePaused => v1::WaitReason::QueuePaused,
    }
}

/// On the wire.
pub const fn failure_kind_out(value: FailureKind) -> v1::FailureKind {
    match value {
        FailureKind::Retryable => v1::FailureKind::Retryable,
        FailureKind::NonRetryable => v1::FailureKind::NonRetryable,
        FailureKind::Timeout => v1::FailureKind::Timeout,
        FailureKind::Cancelled => v1::FailureKind::Cancelled,
        FailureKind::LeaseExpired => v1::FailureKind::LeaseExpired,
        FailureKind::Protocol => v1::FailureKind::Protocol,
    }
}

/// On the wire.
pub const fn output_type_out(value: OutputType) -> v1::OutputType {
    match value {
        OutputType::Single => v1::OutputType::Single,
        OutputType::Multiple => v1::OutputType::Multiple,
        OutputType::None => v1::OutputType::None,
    }
}

/// On the wire.
pub const fn lineage_kind_out(value: LineageKind) -> v1::lineage::Kind {
    match value {
        LineageKind::Direct => v1::lineage::Kind::Direct,
        LineageKind::SubPlan => v1::lineage::Kind::SubPlan,
        LineageKind::Reprocess => v1::lineage::Kind::Reprocess,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_refused() {
        for value in [-1, 99, i32::MAX] {
            assert!(data_class(value, At::Top("f")).is_err());
            assert!(job_action(value, At::Top("f")).is_err());
            assert!(failure_kind(value, At::Top("f")).is_err());
            assert!(output_type(value, At::Top("f")).is_err());
        }
        for kind in [0, v1::FailureKind::LeaseExpired as i32, v1::FailureKind::Protocol as i32] {
            assert!(failure_kind(kind, At::Top("f")).is_err(), "{kind}");
        }
        assert!(job_action(0, At::Top("f")).is_err());
    }

    #[test]
    fn names_agree_with_the_model() {
        let ends = |wire: &str, model: &str| assert!(wire.ends_with(&format!("_{model}")), "{wire} {model}");
        JobState::ALL.iter().for_each(|v| ends(job_state_out(*v).as_str_name(), v.as_str()));
        TaskState::ALL.iter().for_each(|v| ends(task_state_out(*v).as_str_name(), v.as_str()));
        WaitReason::ALL.iter().for_each(|v| ends(wait_reason_out(*v).as_str_name(), v.as_str()));
        FailureKind::ALL.iter().for_each(|v| ends(failure_kind_out(*v).as_str_name(), v.as_str()));
        DataClass::ALL.iter().for_each(|v| ends(data_class_out(*v).as_str_name(), v.as_str()));
        LineageKind::ALL.iter().for_each(|v| ends(lineage_kind_out(*v).as_str_name(), v.as_str()));
        OutputType::ALL.iter().for_each(|v| ends(output_type_out(*v).as_str_name(), &v.as_str().to_uppercase()));
    }
}
