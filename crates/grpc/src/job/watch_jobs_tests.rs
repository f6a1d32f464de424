use super::*;
use esteira_coordinator::{
    Coordinator, Principal, Settings, SystemClock, catalog::PlanKey, plans::PublishPlanVersion, start_job::StartJob,
};
use esteira_model::{AccountId, Actor, DataClass, Packet, Payload};
use tokio_util::sync::CancellationToken;

struct Fixture {
    edge: Arc<Edge>,
    caller: Arc<Caller>,
    job: JobId,
}

async fn fixture() -> Fixture {
    let store =
        esteira_store_sql::open("sqlite::memory:", esteira_store_sql::Options::default()).await.expect("a store");
    let started = Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), Settings::default()).await;
    let coordinator = started.expect("starts").0;
    let principal = Principal {
        account: AccountId::new("a"),
        user_id: "u".into(),
        credential_id: "test".into(),
        data_class: DataClass::Qa,
    };
    let publish = PublishPlanVersion {
        request: None,
        plan: PlanKey::Name("one".into()),
        project: None,
        definition_json: r#"{"name":"one","steps":[{"step_key":"a","function":"kit.a"}]}"#.into(),
        expected_latest_version: None,
        make_default: false,
    };
    coordinator.publish_plan_version(&principal, publish).await.expect("published");
    let packet =
        Packet { actor: Actor::default(), aggregate: None, data: Payload::json("1"), headers: BTreeMap::new() };
    let start = StartJob {
        request: None,
        request_digest: [0; 32],
        job_id: None,
        plan: PlanKey::Name("one".into()),
        version: 0,
        packet,
        labels: BTreeMap::new(),
        priority: 0,
        job_timeout: None,
        start_after: None,
        data_class: None,
    };
    let job = coordinator.start_job(&principal, start).await.expect("started").job.id;
    let edge = Arc::new(Edge::new(coordinator, CancellationToken::new()));
    Fixture { edge, caller: Arc::new(Caller::unrestricted(principal)), job }
}

impl Fixture {
    async fn watch(&self) -> Messages {
        let request = v1::WatchJobsRequest { job_ids: vec![self.job.to_string()] };
        let deed = Arc::new(Deed::new("WatchJobs", self.edge.now(), None));
        watch_jobs(self.edge.clone(), self.caller.clone(), deed, request).await.expect("watched")
    }
}

async fn next(messages: &mut Messages) -> Item {
    messages.next().await.expect("a message").expect("no error").item.expect("an item")
}

#[tokio::test]
async fn a_reader_that_is_too_slow_gets_everything_again() {
    let fixture = fixture().await;
    let mut messages = fixture.watch().await;
    assert!(matches!(next(&mut messages).await, Item::Job(_)));
    // More than the hub keeps; the tasks that they speak of are read again, whatever was missed.
    for _ in 0..1_000 {
        fixture.edge.coordinator.hub().tell(fixture.job, Change::Job);
    }
    assert!(matches!(next(&mut messages).await, Item::Job(_)));
    let Item::Task(task) = next(&mut messages).await else { panic!("the tasks come again") };
    assert_eq!(task.step_key, "a");
}

#[tokio::test]
async fn what_changed_elsewhere_is_read_again() {
    let fixture = fixture().await;
    let mut messages = fixture.watch().await;
    assert!(matches!(next(&mut messages).await, Item::Job(_)));
    // However often it is said, and whether it is true or not.
    for _ in 0..3 {
        fixture.edge.coordinator.hub().tell(fixture.job, Change::Elsewhere);
    }
    let Item::Task(task) = next(&mut messages).await else { panic!("the tasks come again") };
    assert_eq!(task.step_key, "a");
    let Item::Job(job) = next(&mut messages).await else { panic!("the job comes behind its tasks") };
    assert_eq!(job.state(), v1::JobState::Running);
    fixture.edge.coordinator.hub().tell(fixture.job, Change::Job);
    assert!(matches!(next(&mut messages).await, Item::Job(_)), "the stream goes on");
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_lives() {
    let fixture = fixture().await;
    let mut messages = fixture.watch().await;
    assert!(matches!(next(&mut messages).await, Item::Job(_)));
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    assert!(matches!(next(&mut messages).await, Item::Keepalive(_)));
    assert_eq!(began.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn a_stream_that_is_dropped_leaves_nothing_behind() {
    let fixture = fixture().await;
    let messages = fixture.watch().await;
    assert_eq!(Arc::strong_count(&fixture.edge), 2);
    drop(messages);
    assert_eq!(Arc::strong_count(&fixture.edge), 1);
}
