//! Which permission each RPC needs. An RPC without a row does not pass the tests.

/// The HTTP path of an RPC, and the permission that it needs.
pub const TABLE: &[(&str, &str)] = &[
    ("/esteira.v1.PlanService/CreatePlan", "plan.write"),
    ("/esteira.v1.PlanService/GetPlan", "plan.read"),
    ("/esteira.v1.PlanService/ListPlans", "plan.read"),
    ("/esteira.v1.PlanService/UpdatePlan", "plan.write"),
    ("/esteira.v1.PlanService/ValidatePlan", "plan.read"),
    ("/esteira.v1.PlanService/PublishPlanVersion", "plan.publish"),
    ("/esteira.v1.PlanService/GetPlanVersion", "plan.read"),
    ("/esteira.v1.PlanService/ListPlanVersions", "plan.read"),
    ("/esteira.v1.PlanService/RetirePlanVersion", "plan.publish"),
    ("/esteira.v1.JobService/StartJob", "job.start"),
    ("/esteira.v1.JobService/AwaitJob", "job.read"),
    ("/esteira.v1.JobService/GetJob", "job.read"),
    ("/esteira.v1.JobService/ListJobs", "job.read"),
    ("/esteira.v1.JobService/ControlJob", "job.control"),
    ("/esteira.v1.JobService/RetryTasks", "job.control"),
    ("/esteira.v1.JobService/ReprocessJob", "job.reprocess"),
    ("/esteira.v1.JobService/ReprocessJobs", "job.reprocess"),
    ("/esteira.v1.JobService/GetTask", "job.read"),
    ("/esteira.v1.JobService/ListTasks", "job.read"),
    ("/esteira.v1.JobService/WatchJobs", "job.read"),
    ("/esteira.v1.TraceService/TraceJob", "job.read"),
    ("/esteira.v1.TraceService/ListTaskTraces", "job.read"),
    ("/esteira.v1.WorkerService/RegisterWorker", "worker.run"),
    ("/esteira.v1.WorkerService/LeaseTasks", "worker.run"),
    ("/esteira.v1.WorkerService/ReportTasks", "worker.run"),
    ("/esteira.v1.WorkerService/HeartbeatLeases", "worker.run"),
    ("/esteira.v1.WorkerService/AppendOutputs", "worker.run"),
    ("/esteira.v1.WorkerService/DrainWorker", "worker.run"),
    ("/esteira.v1.OutboxService/LeaseOutbox", "outbox.relay"),
    ("/esteira.v1.OutboxService/ExtendOutbox", "outbox.relay"),
    ("/esteira.v1.OutboxService/AckOutbox", "outbox.relay"),
    ("/esteira.v1.OutboxService/NackOutbox", "outbox.relay"),
    ("/esteira.v1.OutboxService/UnparkOutbox", "outbox.control"),
    ("/esteira.v1.OutboxService/ListOutboxMessages", "outbox.read"),
    ("/esteira.v1.AdminService/GetSystemInfo", "system.read"),
    ("/esteira.v1.AdminService/ListWorkers", "system.read"),
    ("/esteira.v1.AdminService/ListQueues", "system.read"),
    ("/esteira.v1.AdminService/UpdateQueue", "system.control"),
    ("/esteira.v1.AdminService/EvictWorker", "system.control"),
    ("/esteira.v1.AdminService/ListRetention", "retention.read"),
    ("/esteira.v1.AdminService/SetRetention", "retention.write"),
    ("/esteira.v1.AdminService/ApplyRetention", "retention.write"),
    ("/esteira.v1.AuditService/ListAuditRecords", "audit.read"),
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

/// What a path needs.
pub fn of(path: &str) -> Needs {
    match TABLE.iter().find(|(rpc, _)| *rpc == path) {
        Some((_, permission)) => Needs::Permission(permission),
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
        let rows: BTreeSet<String> = TABLE.iter().map(|(rpc, _)| rpc.to_string()).collect();
        assert_eq!(rows, rpcs);
        assert_eq!(rows.len(), TABLE.len(), "a path stands twice");
        assert!(rpcs.len() > 30);
    }

    #[test]
    fn what_lies_outside() {
        assert_eq!(of("/grpc.health.v1.Health/Check"), Needs::Nothing);
        assert_eq!(of("/esteira.v1.JobService/Nothing"), Needs::Unknown);
        assert_eq!(of("/esteira.v1.JobService/StartJob"), Needs::Permission("job.start"));
    }
}
