//! SIGTERM while calls are parked and a task runs: the coordinator answers, commits what it accepted, and ends.

use esteira_e2e::{LocalWorker, Server, jobs, until, within};
use esteira_sdk::{
    Outcome,
    client::{Client, v1},
    model::{Function, OutputType, Payload, function},
};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::Instant,
};

/// From SIGTERM to the end of the process, and of every call that was parked.
const DRAINED_MAX: Duration = Duration::from_secs(5);
const TEST_MAX: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_parked_calls_and_keeps_what_was_accepted() {
    let mut server = Server::serve().await;
    within(TEST_MAX, "the whole test", async {
        let client = server.client();
        jobs::publish(&client, &json!({"name": "gate", "steps": [{"step_key": "gate", "function": "e2e.gate"}]})).await;
        let (entered, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let worker = LocalWorker::start(&server.url(), 1, [gate(&entered, &open)]);
        let job = jobs::start(&client, "gate", &json!(null)).await;
        within(TEST_MAX, "the task runs", entered.notified()).await;

        let parked = park(&server, &job).await;
        let starting = Starting::begin(&server.url());
        until(TEST_MAX, "jobs are accepted", async || (starting.accepted() > 10).then_some(())).await;
        server.terminate();
        let told = Instant::now();
        let status = server.ended().await;
        let ended = told.elapsed();
        assert!(status.success() && ended < DRAINED_MAX, "{status} after {ended:?}");
        for (name, call) in parked {
            within(DRAINED_MAX, name, call).await.expect("no panic");
        }
        let accepted = starting.finish().await;

        server.restart().await;
        let client = server.client();
        for job_id in &accepted {
            let request = v1::GetJobRequest { job_id: job_id.clone(), omit_payloads: true };
            client.jobs().get_job(request).await.unwrap_or_else(|error| panic!("job {job_id} was accepted: {error}"));
        }
        // The task that ran through all of it ends now, under the lease that it had.
        open.notify_one();
        let done = jobs::succeeded(&client, &job).await;
        assert_eq!(jobs::results(&done), [json!("through")]);
        let attempts = jobs::tasks(&client, &job).await.remove(0).attempts;
        assert_eq!(attempts.len(), 1, "it ran once: {attempts:?}");
        worker.stop().await;
        server.stop().await;
        println!("drain: ended {ended:.1?} after SIGTERM, {} jobs accepted meanwhile", accepted.len());
    })
    .await;
}

/// Says that it was entered, and ends when it is let through. Later calls pass at once: the lock opens only once.
fn gate(entered: &Arc<Notify>, open: &Arc<Notify>) -> Arc<dyn Function> {
    let (entered, open, first) = (Arc::clone(entered), Arc::clone(open), AtomicBool::new(true));
    Arc::new(function("e2e.gate", OutputType::Single, move |_, _| {
        let (entered, open, first) = (Arc::clone(&entered), Arc::clone(&open), first.swap(false, SeqCst));
        async move {
            if first {
                entered.notify_one();
                open.notified().await;
            }
            Ok(Outcome::one(Payload::json("\"through\"")))
        }
    }))
}

/// One call of each kind that the coordinator holds back, each asked to wait much longer than the test allows.
async fn park(server: &Server, job: &str) -> Vec<(&'static str, JoinHandle<()>)> {
    use esteira_contract::v1::{
        job_service_client::JobServiceClient, outbox_service_client::OutboxServiceClient,
        worker_service_client::WorkerServiceClient,
    };
    let wait = Some(prost_types::Duration { seconds: 30, nanos: 0 });
    let channel = tonic::transport::Endpoint::from_shared(server.url())
        .expect("an endpoint")
        .connect()
        .await
        .expect("it listens");
    let tasks = v1::LeaseTasksRequest {
        worker_id: "idle".into(),
        function_names: vec!["e2e.none".into()],
        wait,
        ..Default::default()
    };
    let messages =
        v1::LeaseOutboxRequest { worker_id: "idle".into(), topics: vec!["none".into()], wait, ..Default::default() };
    let end = v1::AwaitJobRequest { job_id: job.into(), wait };
    let live = v1::WatchJobsRequest { job_ids: vec![job.into()] };
    let (mut workers, mut outbox) =
        (WorkerServiceClient::new(channel.clone()), OutboxServiceClient::new(channel.clone()));
    let (mut jobs, mut watch) = (JobServiceClient::new(channel.clone()), JobServiceClient::new(channel));
    // Whether the answer is empty or an error is the server's choice: it is at its end. That there is one is not.
    let mut stream = watch.watch_jobs(live).await.expect("the job can be watched").into_inner();
    stream.message().await.expect("the stream is open").expect("first comes the job as it is");
    let calls = vec![
        ("LeaseTasks ends", tokio::spawn(async move { drop(workers.lease_tasks(tasks).await) })),
        ("LeaseOutbox ends", tokio::spawn(async move { drop(outbox.lease_outbox(messages).await) })),
        ("AwaitJob ends", tokio::spawn(async move { drop(jobs.await_job(end).await) })),
        ("WatchJobs ends", tokio::spawn(async move { while let Ok(Some(_)) = stream.message().await {} })),
    ];
    let client = server.client();
    until(TEST_MAX, "the idle poll is parked", async || {
        let known = client.admin().list_workers(v1::ListWorkersRequest::default()).await.expect("workers are listed");
        known
            .workers
            .iter()
            .any(|worker| worker.info.as_ref().is_some_and(|info| info.worker_id == "idle"))
            .then_some(())
    })
    .await;
    assert!(calls.iter().all(|(_, call)| !call.is_finished()), "a call that should wait came back");
    calls
}

/// Clients that start jobs until the coordinator is gone.
struct Starting {
    clients: JoinSet<Vec<String>>,
    accepted: Arc<std::sync::atomic::AtomicUsize>,
}

impl Starting {
    fn begin(url: &str) -> Self {
        let accepted = Arc::<std::sync::atomic::AtomicUsize>::default();
        let mut clients = JoinSet::new();
        for _ in 0..4 {
            let client = Client::builder(url).patience(Duration::ZERO).build().expect("a client can be built");
            let count = Arc::clone(&accepted);
            clients.spawn(async move {
                let mut ids = Vec::new();
                while let Ok(job) = client.jobs().start("gate", Payload::json("null")).await {
                    ids.push(job.job_id);
                    count.fetch_add(1, SeqCst);
                }
                ids
            });
        }
        Self { clients, accepted }
    }

    fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }

    /// The jobs that were accepted.
    async fn finish(self) -> Vec<String> {
        within(TEST_MAX, "the clients end", self.clients.join_all()).await.concat()
    }
}
