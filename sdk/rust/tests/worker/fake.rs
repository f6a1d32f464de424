//! A coordinator that answers what the test tells it to. It runs on a thread of its own, so that a function that blocks
//! its thread does not block it.

use esteira_sdk::client::v1::{
    self,
    worker_service_server::{WorkerService, WorkerServiceServer},
};
use std::{fmt::Debug, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};
use tonic::{Request, Response, Status};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// One call that waits for its answer. Dropping it answers UNAVAILABLE, as if the reply were lost.
#[derive(Debug)]
pub struct Call<Q, A> {
    pub request: Q,
    reply: oneshot::Sender<Result<A, Status>>,
}

impl<Q, A> Call<Q, A> {
    pub fn answer(self, answer: A) -> Q {
        let _ = self.reply.send(Ok(answer));
        self.request
    }

    pub fn refuse(self, status: Status) -> Q {
        let _ = self.reply.send(Err(status));
        self.request
    }

    /// The reply gets lost on its way.
    pub fn lose(self) -> Q {
        self.request
    }
}

/// The calls of one RPC, in the order of their arrival.
pub struct Calls<Q, A> {
    calls: mpsc::UnboundedReceiver<Call<Q, A>>,
}

impl<Q: Debug, A> Calls<Q, A> {
    pub async fn next(&mut self) -> Call<Q, A> {
        tokio::time::timeout(PATIENCE, self.calls.recv())
            .await
            .expect("the worker calls in time")
            .expect("the server runs")
    }

    /// Nothing has arrived and is not taken yet.
    pub fn assert_none(&mut self) {
        if let Ok(call) = self.calls.try_recv() {
            panic!("unexpected call: {:?}", call.request);
        }
    }
}

type Line<Q, A> = mpsc::UnboundedSender<Call<Q, A>>;

fn line<Q, A>() -> (Line<Q, A>, Calls<Q, A>) {
    let (sender, calls) = mpsc::unbounded_channel();
    (sender, Calls { calls })
}

async fn hand<Q, A>(line: &Line<Q, A>, request: Request<Q>) -> Result<Response<A>, Status> {
    let (reply, answer) = oneshot::channel();
    let lost = || Status::unavailable("lost");
    line.send(Call { request: request.into_inner(), reply }).map_err(|_| lost())?;
    answer.await.map_err(|_| lost())?.map(Response::new)
}

struct Lines {
    registers: Line<v1::RegisterWorkerRequest, v1::RegisterWorkerResponse>,
    polls: Line<v1::LeaseTasksRequest, v1::LeaseTasksResponse>,
    reports: Line<v1::ReportTasksRequest, v1::ReportTasksResponse>,
    beats: Line<v1::HeartbeatLeasesRequest, v1::HeartbeatLeasesResponse>,
    appends: Line<v1::AppendOutputsRequest, v1::AppendOutputsResponse>,
    drains: Line<v1::DrainWorkerRequest, v1::DrainWorkerResponse>,
}

#[tonic::async_trait]
impl WorkerService for Lines {
    async fn register_worker(
        &self,
        request: Request<v1::RegisterWorkerRequest>,
    ) -> Result<Response<v1::RegisterWorkerResponse>, Status> {
        hand(&self.registers, request).await
    }
    async fn lease_tasks(
        &self,
        request: Request<v1::LeaseTasksRequest>,
    ) -> Result<Response<v1::LeaseTasksResponse>, Status> {
        hand(&self.polls, request).await
    }
    async fn report_tasks(
        &self,
        request: Request<v1::ReportTasksRequest>,
    ) -> Result<Response<v1::ReportTasksResponse>, Status> {
        hand(&self.reports, request).await
    }
    async fn heartbeat_leases(
        &self,
        request: Request<v1::HeartbeatLeasesRequest>,
    ) -> Result<Response<v1::HeartbeatLeasesResponse>, Status> {
        hand(&self.beats, request).await
    }
    async fn append_outputs(
        &self,
        request: Request<v1::AppendOutputsRequest>,
    ) -> Result<Response<v1::AppendOutputsResponse>, Status> {
        hand(&self.appends, request).await
    }
    async fn drain_worker(
        &self,
        request: Request<v1::DrainWorkerRequest>,
    ) -> Result<Response<v1::DrainWorkerResponse>, Status> {
        hand(&self.drains, request).await
    }
}

/// The coordinator's side of the worker's calls.
pub struct Fake {
    pub endpoint: String,
    pub registers: Calls<v1::RegisterWorkerRequest, v1::RegisterWorkerResponse>,
    pub polls: Calls<v1::LeaseTasksRequest, v1::LeaseTasksResponse>,
    pub reports: Calls<v1::ReportTasksRequest, v1::ReportTasksResponse>,
    pub beats: Calls<v1::HeartbeatLeasesRequest, v1::HeartbeatLeasesResponse>,
    pub appends: Calls<v1::AppendOutputsRequest, v1::AppendOutputsResponse>,
    pub drains: Calls<v1::DrainWorkerRequest, v1::DrainWorkerResponse>,
    _stop: watch::Sender<()>,
}

impl Fake {
    pub fn start() -> Self {
        let ((registers, registers_in), (polls, polls_in), (reports, reports_in)) = (line(), line(), line());
        let ((beats, beats_in), (appends, appends_in), (drains, drains_in)) = (line(), line(), line());
        let lines = Lines { registers, polls, reports, beats, appends, drains };
        let (stop, mut stopped) = watch::channel(());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                listener.set_nonblocking(true).expect("a socket");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
                let service = WorkerServiceServer::new(lines).max_decoding_message_size(8 << 20);
                let server = tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming);
                tokio::select! {
                    _ = stopped.changed() => {}
                    result = server => result.expect("served"),
                }
            });
        });
        Self {
            endpoint,
            registers: registers_in,
            polls: polls_in,
            reports: reports_in,
            beats: beats_in,
            appends: appends_in,
            drains: drains_in,
            _stop: stop,
        }
    }

    /// Lets the worker register.
    pub async fn register(&mut self) -> v1::RegisterWorkerRequest {
        self.registers.next().await.answer(v1::RegisterWorkerResponse { protocol: 1, ..Default::default() })
    }

    /// Answers the next poll with these leases.
    pub async fn lease(&mut self, leases: Vec<v1::TaskLease>) -> v1::LeaseTasksRequest {
        self.polls.next().await.answer(v1::LeaseTasksResponse { leases, ..Default::default() })
    }

    /// Accepts the next report; leases nothing with it.
    pub async fn accept(&mut self) -> v1::ReportTasksRequest {
        self.accept_and_lease(Vec::new()).await
    }

    /// Accepts the next report and leases with it.
    pub async fn accept_and_lease(&mut self, leases: Vec<v1::TaskLease>) -> v1::ReportTasksRequest {
        let call = self.reports.next().await;
        let outcomes = call.request.reports.iter().map(|report| applied(&report.lease_token)).collect();
        let lease = call.request.lease.is_some().then(|| v1::LeaseTasksResponse { leases, ..Default::default() });
        call.answer(v1::ReportTasksResponse { outcomes, lease })
    }

    /// Renews the leases of the next heartbeat with this verdict.
    pub async fn beat(&mut self, status: v1::LeaseStatus, reason: &str) -> v1::HeartbeatLeasesRequest {
        let call = self.beats.next().await;
        let verdict = |beat: &v1::LeaseBeat| v1::LeaseVerdict {
            lease_token: beat.lease_token.clone(),
            status: status.into(),
            reason: reason.into(),
            lease_ttl: None,
        };
        let verdicts = call.request.beats.iter().map(verdict).collect();
        call.answer(v1::HeartbeatLeasesResponse { verdicts, ..Default::default() })
    }
}

pub fn applied(token: &str) -> v1::ReportOutcome {
    v1::ReportOutcome { lease_token: token.into(), durability: v1::Durability::Committed.into(), ..Default::default() }
}

pub fn refused(token: &str, reason: &str) -> v1::ReportOutcome {
    v1::ReportOutcome {
        lease_token: token.into(),
        error_reason: reason.into(),
        error_message: "because".into(),
        ..Default::default()
    }
}

/// A lease of 30 s for `function_name` on the JSON `input`.
pub fn lease(token: &str, function_name: &str, output_type: v1::OutputType, input: &str) -> v1::TaskLease {
    v1::TaskLease {
        lease_token: token.into(),
        task_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbab".into(),
        job_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa".into(),
        step_key: "only".into(),
        function_name: function_name.into(),
        attempt: 1,
        fence: 1,
        idempotency_key: "key".into(),
        packet: Some(v1::DataPacket { data: Some(json(input)), ..Default::default() }),
        output_type: output_type.into(),
        lease_ttl: Some(prost_types::Duration { seconds: 30, nanos: 0 }),
        ..Default::default()
    }
}

/// The same lease for another time.
pub fn for_millis(lease: v1::TaskLease, millis: i32) -> v1::TaskLease {
    v1::TaskLease { lease_ttl: Some(prost_types::Duration { seconds: 0, nanos: millis * 1_000_000 }), ..lease }
}

pub fn json(text: &str) -> v1::Payload {
    v1::Payload { body: Some(v1::payload::Body::Json(text.into())), ..Default::default() }
}
