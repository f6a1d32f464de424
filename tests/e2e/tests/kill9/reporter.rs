//! A worker on the generated stubs that remembers which of its reports were acknowledged. It serves `load.mark`.

use esteira_contract::v1::{
    self, completion::Output, payload::Body, task_report::Outcome, worker_service_client::WorkerServiceClient,
};
use esteira_e2e::{jobs, wait::within};
use serde_json::json;
use std::{error::Error as _, time::Duration};
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

const WORKER_ID: &str = "reporter";
/// How long a call may take: the wait that it asks for and some more.
const CALL_MAX: Duration = Duration::from_secs(3);
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// A report that was acknowledged: the task, and the fence of the lease.
pub type Acknowledged = Vec<(String, i64)>;

pub struct Reporter {
    stop: watch::Sender<bool>,
    running: JoinHandle<Acknowledged>,
}

impl Reporter {
    pub fn start(url: String) -> Self {
        let (stop, stopped) = watch::channel(false);
        let channel = Endpoint::from_shared(url).expect("the address is an endpoint").timeout(CALL_MAX).connect_lazy();
        Self { stop, running: tokio::spawn(serve(WorkerServiceClient::new(channel), stopped)) }
    }

    /// Stops; all that was acknowledged.
    pub async fn finish(self) -> Acknowledged {
        self.stop.send_replace(true);
        within(2 * CALL_MAX, "the reporter ends", self.running).await.expect("no panic")
    }
}

async fn serve(client: WorkerServiceClient<Channel>, stopped: watch::Receiver<bool>) -> Acknowledged {
    let mut acknowledged = Vec::new();
    for call in 0.. {
        if *stopped.borrow() {
            break;
        }
        let request = v1::LeaseTasksRequest {
            worker_id: WORKER_ID.into(),
            request_id: format!("lease-{call}"),
            function_names: vec!["load.mark".into()],
            max_leases: 4,
            wait: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
            ..Default::default()
        };
        let answer = again(|| async { client.clone().lease_tasks(request.clone()).await }).await;
        if answer.leases.is_empty() {
            continue;
        }
        let reports = answer.leases.iter().map(report).collect();
        let request = v1::ReportTasksRequest { worker_id: WORKER_ID.into(), reports, ..Default::default() };
        let outcomes = again(|| async { client.clone().report_tasks(request.clone()).await }).await.outcomes;
        assert_eq!(outcomes.len(), answer.leases.len(), "one outcome a report");
        for (lease, outcome) in answer.leases.iter().zip(outcomes) {
            assert_eq!(lease.lease_token, outcome.lease_token, "outcomes come in the order of the reports");
            match outcome.error_reason.as_str() {
                "" => {
                    assert_eq!(outcome.durability(), v1::Durability::Committed);
                    acknowledged.push((lease.task_id.clone(), lease.fence));
                }
                "LEASE_LOST" => {}
                other => panic!("a report was refused: {other} {}", outcome.error_message),
            }
        }
    }
    acknowledged
}

/// Sends the same bytes until there is an answer.
async fn again<T, F: Future<Output = Result<tonic::Response<T>, Status>>>(call: impl Fn() -> F) -> T {
    loop {
        match call().await {
            Ok(answer) => return answer.into_inner(),
            Err(status) => {
                // A status that was made here out of a broken connection has a source.
                let codes = [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled];
                assert!(codes.contains(&status.code()) || status.source().is_some(), "refused: {status:?}");
            }
        }
        sleep(AGAIN_AFTER).await;
    }
}

fn report(lease: &v1::TaskLease) -> v1::TaskReport {
    let input =
        lease.packet.as_ref().and_then(|packet| packet.data.as_ref()).map(jobs::value).expect("the step has an input");
    let output = json!({"n": input["n"].as_i64().expect("a number") + 1, "fence": lease.fence}).to_string();
    let output = v1::Payload { body: Some(Body::Json(output)), ..Default::default() };
    let completion = v1::Completion { output: Some(Output::Single(output)), ..Default::default() };
    v1::TaskReport {
        lease_token: lease.lease_token.clone(),
        outcome: Some(Outcome::Completed(completion)),
        ..Default::default()
    }
}
