//! Lists: pages, filters, and how they are refused.

use crate::harness::*;
use esteira_contract::v1;
use tonic::Code;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a"},{"step_key":"b","function":"kit.b"}]"#;

#[tokio::test]
async fn jobs_by_page_and_filter() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.publish("other", ONE).await;
    let mut started = Vec::new();
    for index in 0..5 {
        let mut start = start_of(if index == 4 { "other" } else { "one" }, "1");
        start.labels.insert("n".into(), index.to_string());
        started.push(server.jobs().start_job(start).await.expect("started").into_inner().job.expect("a job").job_id);
    }
    let list = async |filter: &str, page_size, page_token: &str| {
        let request = v1::ListJobsRequest { page_size, page_token: page_token.into(), filter: filter.into() };
        server.jobs().list_jobs(request).await.map(|answer| {
            let answer = answer.into_inner();
            (answer.jobs.into_iter().map(|job| job.job_id).collect::<Vec<_>>(), answer.next_page_token)
        })
    };
    let newest_first: Vec<String> = started.iter().rev().cloned().collect();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let (page, next) = list("", 2, &token).await.expect("listed");
        assert!(page.len() <= 2);
        seen.extend(page);
        token = next;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, newest_first);
    let (_, token) = list("", 2, "").await.expect("listed");
    check_refused(list("state = RUNNING", 2, &token).await, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
    let forged = format!("{}A", &token[..token.len() - 1]);
    if forged != token {
        check_refused(list("", 2, &forged).await, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
    }
    let found = async |filter: &str| list(filter, 0, "").await.expect("listed").0.len();
    assert_eq!(found("state = RUNNING").await, 5);
    assert_eq!(found("state = JOB_STATE_FAILED").await, 0);
    assert_eq!(found("plan_name = \"one\"").await, 4);
    assert_eq!(found("plan_name != \"one\"").await, 1);
    assert_eq!(found("plan_name = \"none\"").await, 0);
    assert_eq!(found("plan_name = \"one\" AND labels.n = \"2\" AND data_class = DEVTEST").await, 1);
    assert_eq!(found("create_time > \"2026-01-01T00:00:00Z\"").await, 5);
    assert_eq!(found(&format!("root_job_id = \"{}\"", started[0])).await, 1);
    for bad in ["order = 1", "state = RUNNING OR state = FAILED", "create_time > \"soon\""] {
        check_refused(list(bad, 0, "").await, Code::InvalidArgument, "FIELD_INVALID", "filter");
    }
    check_refused(list("", -1, "").await, Code::InvalidArgument, "FIELD_INVALID", "page_size");
    server.stop().await;
}

#[tokio::test]
async fn tasks_by_page_filter_and_size() {
    let server = Harness::start().await;
    server.publish("fan", r#"[{"step_key":"a","function":"kit.a","output":"multiple","next":["b"]},{"step_key":"b","function":"kit.b"}]"#).await;
    let job = server.start_job("fan", "1").await;
    let lease = server.lease_one("kit.a").await;
    let large = format!("\"{}\"", "x".repeat(700 << 10));
    let items = v1::Outputs { items: vec![json(&large); 5] };
    let output = Some(v1::completion::Output::Multiple(items));
    assert_eq!(
        server.report(completed_with(&lease, v1::Completion { output, ..Default::default() })).await.error_reason,
        ""
    );
    let list = async |filter: &str, page_token: &str, omit_payloads| {
        let request = v1::ListTasksRequest {
            job_id: job.clone(),
            filter: filter.into(),
            page_token: page_token.into(),
            omit_payloads,
            page_size: 0,
        };
        server.jobs().list_tasks(request).await.map(tonic::Response::into_inner)
    };
    let all = list("", "", true).await.expect("listed");
    assert_eq!((all.tasks.len(), all.next_page_token.as_str()), (6, ""));
    assert!(all.tasks.iter().all(|task| task.outputs.is_empty()));
    assert_eq!(all.tasks[0].output_count, 5);
    // With payloads, pages are shorter than a message.
    let (mut seen, mut token, mut pages) = (0, String::new(), 0);
    loop {
        let page = list("", &token, false).await.expect("listed");
        seen += page.tasks.len();
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, 6);
    assert!(pages > 1);
    assert_eq!(list("step_key = \"b\" AND state = READY", "", true).await.expect("listed").tasks.len(), 5);
    assert_eq!(list("step_key != \"b\"", "", true).await.expect("listed").tasks.len(), 1);
    check_refused(list("step_key = \"zz\"", "", true).await, Code::InvalidArgument, "FIELD_INVALID", "filter");
    check_refused(list("function_name = \"x\"", "", true).await, Code::InvalidArgument, "FIELD_INVALID", "filter");
    // A poll gets no more than fits; the rest is ready for others.
    let leases = server.lease("kit.b", 100).await;
    assert!(!leases.is_empty() && leases.len() < 6, "{}", leases.len());
    let mut left = 5 - leases.len();
    while left > 0 {
        left -= server.lease("kit.b", 100).await.len();
    }
    server.stop().await;
}

#[tokio::test]
async fn workers_and_queues() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.start_job("one", "1").await;
    for worker in ["w1", "w2", "w3"] {
        let poll = v1::LeaseTasksRequest { wait: seconds(0), ..poll_of(worker, "kit.nothing") };
        server.workers().lease_tasks(poll).await.expect("answered");
    }
    let request = |page_token: &str| v1::ListWorkersRequest { page_size: 2, page_token: page_token.into() };
    let first = server.admin().list_workers(request("")).await.expect("listed").into_inner();
    let second = server.admin().list_workers(request(&first.next_page_token)).await.expect("listed").into_inner();
    let ids: Vec<_> = first
        .workers
        .iter()
        .chain(&second.workers)
        .filter_map(|worker| worker.info.as_ref())
        .map(|info| info.worker_id.as_str())
        .collect();
    assert_eq!((ids, second.next_page_token.as_str()), (vec!["w1", "w2", "w3"], ""));
    check_refused(
        server.admin().list_workers(request("AAAA")).await,
        Code::InvalidArgument,
        "PAGE_TOKEN_INVALID",
        "page_token",
    );
    let lease = server.lease_one("kit.a").await;
    let queues =
        server.admin().list_queues(v1::ListQueuesRequest::default()).await.expect("listed").into_inner().queues;
    let shown: Vec<_> =
        queues.iter().map(|queue| (queue.name.as_str(), queue.ready, queue.leased, queue.served)).collect();
    assert_eq!(shown, [("kit.a", 0, 1, true), ("kit.b", 1, 0, false)]);
    assert!(queues[1].oldest_ready_age.is_some());
    let evict = |worker_id: &str| v1::EvictWorkerRequest { worker_id: worker_id.into(), reason: "gone".into() };
    let evicted = server.admin().evict_worker(evict("w")).await.expect("evicted").into_inner();
    assert_eq!(evicted.released_leases, 1);
    let poll = poll_of("w2", "kit.a");
    let again = server.workers().lease_tasks(poll).await.expect("answered").into_inner().leases.remove(0);
    assert_eq!((again.task_id.as_str(), again.attempt), (lease.task_id.as_str(), 1));
    assert_eq!(server.report(completed(&lease, "1")).await.error_reason, "LEASE_LOST");
    check_refused(server.admin().evict_worker(evict("nobody")).await, Code::NotFound, "WORKER_NOT_FOUND", "");
    let info = server.admin().get_system_info(v1::GetSystemInfoRequest {}).await.expect("answered").into_inner();
    assert_eq!((info.max_protocol, info.limits.map(|limits| limits.max_message_bytes)), (1, Some(4 << 20)));
    server.stop().await;
}
