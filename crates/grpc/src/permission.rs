//! Which permission each RPC needs, and what of it is recorded. An RPC without a row does not pass the tests, and a row
//! without a decision does not compile.

use Recording::{Change, Denial, Refusal, Reveal};

/// Which calls of an RPC leave a record (INV-AUDIT). A call that the coordinator had no room or no store for leaves none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// Each: it changes something.
    Change,
    /// Each that shows the body of a payload or the text of a failure, before the answer leaves; and each that is refused.
    Reveal,
    /// Each that is refused. One that is granted is its own record.
    Refusal,
    /// Each that the caller may not do. It shows no data, or workers and relays do it in the course of executing.
    Denial,
}

/// The HTTP path of an RPC, the permission that it needs, and what is recorded.
pub const TABLE: &[(&str, &str, Recording)] = &[
    ("/esteira.v1.PlanService/CreatePlan", "plan.write", Change),
    ("/esteira.v1.PlanService/GetPlan", "plan.read", Denial),
    ("/esteira.v1.PlanService/ListPlans", "plan.read", Denial),
    ("/esteira.v1.PlanService/UpdatePlan", "plan.write", Change),
    ("/esteira.v1.PlanService/ValidatePlan", "plan.read", Denial),
    ("/esteira.v1.PlanService/PublishPlanVersion", "plan.publish", Change),
    ("/esteira.v1.PlanService/GetPlanVersion", "plan.read", Denial),
    ("/esteira.v1.PlanService/ListPlanVersions", "plan.read", Denial),
    ("/esteira.v1.PlanService/RetirePlanVersion", "plan.publish", Change),
    ("/esteira.v1.JobService/StartJob", "job.start", Refusal),
    ("/esteira.v1.JobService/AwaitJob", "job.read", Reveal),
    ("/esteira.v1.JobService/GetJob", "job.read", Reveal),
    ("/esteira.v1.JobService/ListJobs", "job.read", Reveal),
    ("/esteira.v1.JobService/ControlJob", "job.control", Change),
    ("/esteira.v1.JobService/RetryTasks", "job.control", Change),
    ("/esteira.v1.JobService/ReprocessJob", "job.reprocess", Change),
    ("/esteira.v1.JobService/ReprocessJobs", "job.reprocess", Change),
    ("/esteira.v1.JobService/GetTask", "job.read", Reveal),
    ("/esteira.v1.JobService/ListTasks", "job.read", Reveal),
    ("/esteira.v1.JobService/WatchJobs", "job.read", Reveal),
    ("/esteira.v1.TraceService/TraceJob", "job.read", Reveal),
    ("/esteira.v1.TraceService/ListTaskTraces", "job.read", Reveal),
    ("/esteira.v1.TraceService/TraceArtifact", "job.read", Denial),
    ("/esteira.v1.TraceService/ExportStatement", "job.read", Denial),
    ("/esteira.v1.TraceService/ListErrorReports", "job.read", Reveal),
    ("/esteira.v1.WorkerService/RegisterWorker", "worker.run", Denial),
    ("/esteira.v1.WorkerService/LeaseTasks", "worker.run", Denial),
    ("/esteira.v1.WorkerService/ReportTasks", "worker.run", Denial),
    ("/esteira.v1.WorkerService/HeartbeatLeases", "worker.run", Denial),
    ("/esteira.v1.WorkerService/AppendOutputs", "worker.run", Denial),
    ("/esteira.v1.WorkerService/DrainWorker", "worker.run", Change),
    ("/esteira.v1.OutboxService/LeaseOutbox", "outbox.relay", Denial),
    ("/esteira.v1.OutboxService/ExtendOutbox", "outbox.relay", Denial),
    ("/esteira.v1.OutboxService/AckOutbox", "outbox.relay", Denial),
    ("/esteira.v1.OutboxService/NackOutbox", "outbox.relay", Denial),
    ("/esteira.v1.OutboxService/UnparkOutbox", "outbox.control", Change),
    ("/esteira.v1.OutboxService/ListOutboxMessages", "outbox.read", Reveal),
    ("/esteira.v1.AdminService/GetSystemInfo", "system.read", Denial),
    ("/esteira.v1.AdminService/ListWorkers", "system.read", Denial),
    ("/esteira.v1.AdminService/ListQueues", "system.read", Denial),
    ("/esteira.v1.AdminService/UpdateQueue", "system.control", Change),
    ("/esteira.v1.AdminService/EvictWorker", "system.control", Change),
    ("/esteira.v1.AdminService/ListRetention", "retention.read", Denial),
    ("/esteira.v1.AdminService/SetRetention", "retention.write", Change),
    ("/esteira.v1.AdminService/ApplyRetention", "retention.write", Change),
    ("/esteira.v1.AdminService/PurgeJobs", "job.purge", Change),
    ("/esteira.v1.AdminService/EraseJob", "job.erase", Change),
    ("/esteira.v1.AdminService/ListLastResort", "system.read", Denial),
    ("/esteira.v1.AdminService/GetLastResortRecord", "system.read", Denial),
    ("/esteira.v1.AdminService/IngestLastResort", "system.control", Change),
    ("/esteira.v1.AuditService/ListAuditRecords", "audit.read", Denial),
    ("/esteira.v1.AuditService/ReportUsage", "audit.read", Denial),
    ("/esteira.v1.AuditService/ReportErrors", "audit.read", Reveal),
    ("/esteira.v1.AuditService/ReportPerformance", "audit.read", Denial),
    ("/esteira.v1.AuditService/GetLedger", "audit.read", Denial),
    ("/esteira.v1.AuditService/VerifyArtifact", "audit.verify", Refusal),
    ("/esteira.v1.AuditService/VerifyJob", "audit.verify", Refusal),
    ("/esteira.v1.AuditService/VerifyRange", "audit.verify", Refusal),
    ("/esteira.v1.AuditService/VerifyStore", "audit.verify", Refusal),
    ("/esteira.v1.AuditService/GetConsistencyProof", "audit.read", Denial),
    ("/esteira.v1.AuditService/ExportEvidence", "audit.export", Reveal),
];

/// Where the RPCs of the contract are; what lies elsewhere (health, reflection) needs no caller.
const PACKAGE: &str = "/esteira.v1.";

/// What a path needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A caller with this permission.
    Permission(&'static str),
    /// No caller: health, reflection, and paths that nobody serves.
    Nothing,
    /// It is in the contract's package and has no row.
    Unknown,
}

fn row(path: &str) -> Option<&'static (&'static str, &'static str, Recording)> {
    TABLE.iter().find(|(rpc, ..)| *rpc == path)
}

/// The name of an RPC and what of it is recorded; of what is in the contract's package and has no row, "" and denials.
/// None outside of the package.
pub fn recording(path: &str) -> Option<(&'static str, Recording)> {
    match row(path) {
        Some((rpc, _, recording)) => Some((rpc.rsplit('/').next().unwrap_or_default(), *recording)),
        None => path.starts_with(PACKAGE).then_some(("", Denial)),
    }
}

/// What a path needs.
pub fn of(path: &str) -> Needs {
    match row(path) {
        Some((_, permission, _)) => Needs::Permission(permission),
        None if path.starts_with(PACKAGE) => Needs::Unknown,
        None => Needs::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use std::collections::BTreeSet;

    #[test]
    fn every_rpc_of_the_contract_has_one_row() {
        let set =
            prost_types::FileDescriptorSet::decode(esteira_contract::FILE_DESCRIPTOR_SET).expect("a descriptor set");
        let mut rpcs = BTreeSet::new();
        for file in set.file.iter().filter(|file| file.package() == "esteira.v1") {
            for service in &file.service {
                rpcs.extend(
                    service
                        .method
                        .iter()
                        .map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())),
                );
            }
        }
        let rows: BTreeSet<String> = TABLE.iter().map(|(rpc, ..)| rpc.to_string()).collect();
        assert_eq!(rows, rpcs);
        assert_eq!(rows.len(), TABLE.len(), "a path stands twice");
        assert!(rpcs.len() > 30);
    }

    /// INV-AUDIT: records name RPCs without their service.
    #[test]
    fn names_are_unique_and_kinds_are_what_they_say() {
        let names: BTreeSet<_> = TABLE.iter().filter_map(|(rpc, ..)| recording(rpc)).map(|(name, _)| name).collect();
        assert_eq!(names.len(), TABLE.len());
        for (rpc, permission, kind) in TABLE {
            let changes = [".write", ".publish", ".control", ".reprocess", ".purge", ".erase"]
                .iter()
                .any(|end| permission.ends_with(end));
            assert!(!changes || *kind == Change, "{rpc} changes something and is not recorded");
            assert!(changes || *kind != Change || rpc.ends_with("/DrainWorker"), "{rpc} is no change");
        }
        assert_eq!(recording("/esteira.v1.JobService/GetJob"), Some(("GetJob", Reveal)));
        assert_eq!(recording("/esteira.v1.JobService/Nothing"), Some(("", Denial)));
        assert_eq!(recording("/grpc.health.v1.Health/Check"), None);
    }

    #[test]
    fn what_lies_outside() {
        assert_eq!(of("/grpc.health.v1.Health/Check"), Needs::Nothing);
        assert_eq!(of("/esteira.v1.JobService/Nothing"), Needs::Unknown);
        assert_eq!(of("/esteira.v1.JobService/StartJob"), Needs::Permission("job.start"));
    }
}
