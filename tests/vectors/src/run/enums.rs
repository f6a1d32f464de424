//! Numbers that an enum of the contract does not have survive decoding and encoding.

use crate::case::Kept;
use esteira_contract::v1;
use prost::Message;

/// Whether the number is still there after a message was decoded, asked for the value, and encoded.
pub fn keep(name: &str, number: i32) -> Result<Kept, String> {
    let kept = match name {
        "esteira.v1.JobState" => through(v1::Job { state: number, ..Default::default() }, |it| it.state() as i32),
        "esteira.v1.TaskState" => through(v1::Task { state: number, ..Default::default() }, |it| it.state() as i32),
        "esteira.v1.WaitReason" => {
            through(v1::Task { wait_reason: number, ..Default::default() }, |it| it.wait_reason() as i32)
        }
        "esteira.v1.FailureKind" => through(v1::Failure { kind: number, ..Default::default() }, |it| it.kind() as i32),
        "esteira.v1.OutputType" => {
            through(v1::FunctionSpec { output_type: number, ..Default::default() }, |it| it.output_type() as i32)
        }
        "esteira.v1.Lineage.Kind" => through(v1::Lineage { kind: number, ..Default::default() }, |it| it.kind() as i32),
        "esteira.v1.WorkerDirective" => {
            through(v1::LeaseTasksResponse { directive: number, ..Default::default() }, |it| it.directive() as i32)
        }
        "esteira.v1.LeaseStatus" => {
            through(v1::LeaseVerdict { status: number, ..Default::default() }, |it| it.status() as i32)
        }
        other => return Err(format!("no message with the enum {other} is known here")),
    };
    Ok(Kept { kept: kept? })
}

/// An unknown number reads as 0, and stands in the bytes all the same.
fn through<M: Message + Default + PartialEq>(message: M, read: impl Fn(&M) -> i32) -> Result<bool, String> {
    let bytes = message.encode_to_vec();
    let decoded = M::decode(bytes.as_slice()).map_err(|error| error.to_string())?;
    Ok(read(&decoded) == 0 && decoded == message && decoded.encode_to_vec() == bytes)
}
