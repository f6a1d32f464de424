//! `esteira task`, `worker`, `queue`, `outbox`: looking at what is there.

use super::{Outcome, Session, output};
use clap::Subcommand;
use esteira_contract::v1;

/// Commands on tasks.
#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// List the tasks of a job, oldest first
    List {
        /// The job
        job: String,
        /// For example: state = FAILED
        #[arg(long, default_value = "")]
        filter: String,
        /// Rows at most
        #[arg(long, default_value_t = 50)]
        limit: i32,
    },
    /// Show one task with its attempts
    Show {
        /// The job
        job: String,
        /// The task
        task: String,
    },
}

/// Commands on workers.
#[derive(Debug, Subcommand)]
pub enum WorkerCommand {
    /// List the workers that were seen lately
    List,
}

/// Commands on queues.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// List queues that hold tasks or are paused
    List,
    /// Give no more tasks of a queue to workers
    Pause {
        /// The queue
        queue: String,
    },
    /// Undo a pause
    Resume {
        /// The queue
        queue: String,
    },
}

/// Commands on the outbox.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// List the messages that wait
    List {
        /// For example: topic = "orders"
        #[arg(long, default_value = "")]
        filter: String,
    },
}

/// Tasks.
pub async fn task(session: &Session, command: TaskCommand) -> Outcome {
    let jobs = session.client.jobs();
    match command {
        TaskCommand::List { job, filter, limit } => {
            let request = v1::ListTasksRequest {
                job_id: job,
                page_size: limit,
                filter,
                omit_payloads: true,
                ..Default::default()
            };
            let answer = jobs.list_tasks(request).await?;
            output::print(session, "ListTasksResponse", &answer, |answer| {
                output::rows(
                    &["task", "step", "item", "state", "waits", "attempts", "took", "failure"],
                    answer.tasks.iter().map(row).collect(),
                );
                if !answer.next_page_token.is_empty() {
                    println!("… more; use --filter or --limit");
                }
            })
        }
        TaskCommand::Show { job, task } => {
            let task = jobs.get_task(v1::GetTaskRequest { job_id: job, task_id: task }).await?.task.unwrap_or_default();
            output::print(session, "Task", &task, show)
        }
    }
}

fn item(task: &v1::Task) -> String {
    task.item_path.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
}

fn failure(failure: Option<&v1::Failure>) -> String {
    failure.map(|failure| failure.code.clone()).unwrap_or_default()
}

fn row(task: &v1::Task) -> Vec<String> {
    vec![
        task.task_id.clone(),
        task.step_key.clone(),
        item(task),
        output::short(task.state().as_str_name(), "TASK_STATE_"),
        output::short(task.wait_reason().as_str_name(), "WAIT_REASON_"),
        task.attempts.len().to_string(),
        output::between(task.start_time.as_ref(), task.end_time.as_ref()),
        failure(task.failure.as_ref()),
    ]
}

fn show(task: &v1::Task) {
    let input = task.input.as_ref().and_then(|packet| packet.data.as_ref());
    output::fields(&[
        ("task", task.task_id.clone()),
        ("job", task.job_id.clone()),
        ("step", task.step_key.clone()),
        ("function", task.function_name.clone()),
        ("item", item(task)),
        ("state", output::short(task.state().as_str_name(), "TASK_STATE_")),
        ("waits", output::short(task.wait_reason().as_str_name(), "WAIT_REASON_")),
        ("child job", task.child_job_id.clone()),
        ("created", output::time(task.create_time.as_ref())),
        ("started", output::time(task.start_time.as_ref())),
        ("ended", output::time(task.end_time.as_ref())),
        ("input", output::payload(input)),
    ]);
    for (index, payload) in task.outputs.iter().take(10).enumerate() {
        println!("output {index}  {}", output::payload(Some(payload)));
    }
    if let Some(failure) = &task.failure {
        println!("failure  {}: {}", failure.code, failure.message);
    }
    if !task.attempts.is_empty() {
        println!();
    }
    let attempt = |attempt: &v1::Attempt| {
        let usage = attempt.usage.unwrap_or_default();
        vec![
            attempt.number.to_string(),
            attempt.worker_id.clone(),
            output::time(attempt.start_time.as_ref()),
            output::between(attempt.start_time.as_ref(), attempt.end_time.as_ref()),
            output::duration(usage.cpu_time.as_ref()),
            failure(attempt.failure.as_ref()),
        ]
    };
    if !task.attempts.is_empty() {
        output::rows(
            &["attempt", "worker", "started", "took", "cpu", "failure"],
            task.attempts.iter().map(attempt).collect(),
        );
    }
}

/// Workers.
pub async fn worker(session: &Session, command: WorkerCommand) -> Outcome {
    let WorkerCommand::List = command;
    let answer = session
        .client
        .admin()
        .list_workers(v1::ListWorkersRequest { page_size: 500, page_token: String::new() })
        .await?;
    output::print(session, "ListWorkersResponse", &answer, |answer| {
        let row = |worker: &v1::Worker| {
            let info = worker.info.clone().unwrap_or_default();
            let functions: Vec<_> = info.functions.iter().map(|function| function.name.clone()).collect();
            vec![
                info.worker_id,
                info.sdk,
                worker.active_leases.to_string(),
                output::time(worker.last_seen_time.as_ref()),
                functions.join(" "),
                if worker.draining { "draining".into() } else { String::new() },
            ]
        };
        output::rows(
            &["worker", "sdk", "leases", "last seen", "functions", ""],
            answer.workers.iter().map(row).collect(),
        );
    })
}

/// Queues.
pub async fn queue(session: &Session, command: QueueCommand) -> Outcome {
    let admin = session.client.admin();
    let set = |name: String, paused: bool| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { name, paused, ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["paused".into()] }),
    };
    match command {
        QueueCommand::List => {
            let answer = admin.list_queues(v1::ListQueuesRequest { page_size: 500, page_token: String::new() }).await?;
            output::print(session, "ListQueuesResponse", &answer, |answer| {
                let row = |queue: &v1::Queue| {
                    vec![
                        queue.name.clone(),
                        queue.ready.to_string(),
                        queue.leased.to_string(),
                        output::duration(queue.oldest_ready_age.as_ref()),
                        if queue.paused { "paused".into() } else { String::new() },
                    ]
                };
                output::rows(&["queue", "ready", "leased", "oldest", ""], answer.queues.iter().map(row).collect());
            })
        }
        QueueCommand::Pause { queue } => {
            let answer = admin.update_queue(set(queue.clone(), true)).await?;
            output::print(session, "UpdateQueueResponse", &answer, |_| println!("queue {queue} is paused"))
        }
        QueueCommand::Resume { queue } => {
            let answer = admin.update_queue(set(queue.clone(), false)).await?;
            output::print(session, "UpdateQueueResponse", &answer, |_| println!("queue {queue} is open"))
        }
    }
}

/// The outbox.
pub async fn outbox(session: &Session, command: OutboxCommand) -> Outcome {
    let OutboxCommand::List { filter } = command;
    let answer = session
        .client
        .outbox()
        .list_outbox_messages(v1::ListOutboxMessagesRequest { page_size: 500, filter, ..Default::default() })
        .await?;
    output::print(session, "ListOutboxMessagesResponse", &answer, |answer| {
        let row = |message: &v1::OutboxMessage| {
            vec![
                message.commit_sequence.to_string(),
                message.topic.clone(),
                message.key.clone(),
                if message.parked { "parked".into() } else { String::new() },
                message.delivery_attempt.to_string(),
                output::time(message.commit_time.as_ref()),
                output::payload(message.payload.as_ref()),
            ]
        };
        output::rows(
            &["sequence", "topic", "key", "", "attempts", "committed", "payload"],
            answer.messages.iter().map(row).collect(),
        );
    })
}
