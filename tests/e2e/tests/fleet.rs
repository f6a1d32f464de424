//! One, two and four coordinators over one PostgreSQL, under a steady load of clients and workers that reach whichever is well:
//! one is killed, one is stopped where it is and goes on later, and all are restarted with another binary. Nothing that was
//! acknowledged is lost, nothing is accepted twice, and the load is carried again soon.

#[path = "kill9/audit.rs"]
mod audit;
#[path = "fleet/balancer.rs"]
mod balancer;
#[path = "kill9/load.rs"]
mod load;
#[path = "kill9/reporter.rs"]
mod reporter;

use balancer::Balancer;
use esteira_e2e::{LocalWorker, Process, Server, binary, until, within};
use esteira_testkit::Postgres;
use load::{Executions, Load};
use reporter::Reporter;
use std::{collections::VecDeque, path::Path, time::Duration};
use tokio::{process::Command, time::Instant};

/// Clients, and how often each asks for a job. Together far less than one coordinator can do on a slow machine, so that what is
/// measured is whether the load is carried, not how fast the machine is.
const CLIENTS: usize = 12;
const PACE: Duration = Duration::from_millis(400);
/// Over how long throughput is measured.
const WINDOW: Duration = Duration::from_secs(2);
/// The share of the throughput before a fault that must be back, and how soon.
const BACK_MIN_PERCENT: usize = 90;
const BACK_MAX: Duration = Duration::from_secs(10);
/// The share of operations that must have succeeded at once.
const SUCCEEDED_MIN_PERCENT: usize = 30;
/// How long anything else may take.
const HEALED_MAX: Duration = Duration::from_secs(40);

/// Coordinators over a database of their own, with their load.
struct Fleet {
    database: String,
    servers: Vec<Server>,
    executions: Executions,
    workers: Vec<LocalWorker>,
    reporter: Reporter,
    load: Load,
    /// Jobs that were awaited to their end in a window before the first fault.
    usual: usize,
}

impl Fleet {
    async fn start(program: &Path, count: usize) -> Self {
        let postgres = Postgres::shared();
        let database = postgres.fresh_name();
        postgres.run("postgres", &format!("CREATE DATABASE {database}"));
        let mut servers = Vec::new();
        for _ in 0..count {
            servers.push(Server::serve_with(program, postgres.url(&database)).await);
        }
        let addresses = servers.iter().map(|server| server.address().parse().expect("an address")).collect();
        let url = Balancer::start(addresses).await.url();
        load::publish(&servers[0].client()).await;
        let executions = Executions::default();
        let workers = (0..4).map(|_| LocalWorker::start(&url, 4, load::functions(&executions))).collect();
        let reporter = Reporter::start(url.clone());
        let load = Load::paced(&url, CLIENTS, PACE);
        let mut fleet = Self { database, servers, executions, workers, reporter, load, usual: 0 };
        // The first window has cold connections and caches.
        fleet.window().await;
        fleet.usual = fleet.window().await;
        assert!(fleet.usual > 0, "nothing is carried");
        fleet
    }

    /// Jobs that were awaited to their end in the window from now on.
    async fn window(&self) -> usize {
        let (before, end) = (self.load.ended(), Instant::now() + WINDOW);
        until(2 * WINDOW, "a window", async || (Instant::now() >= end).then_some(())).await;
        self.load.ended() - before
    }

    /// Waits until a window has the usual throughput, and says how long after `fault` it ended.
    async fn carried_again(&self, what: &str, fault: Instant) {
        let mut looks = VecDeque::from([(Instant::now(), self.load.ended())]);
        let look = async || {
            let (now, ended) = (Instant::now(), self.load.ended());
            looks.push_back((now, ended));
            while looks.len() > 1 && now - looks[1].0 >= WINDOW {
                looks.pop_front();
            }
            let (since, before) = looks[0];
            let enough = 100 * (ended - before) >= BACK_MIN_PERCENT * self.usual;
            (enough && now - since >= WINDOW).then(|| ended - before)
        };
        let count = until(BACK_MAX, what, look).await;
        println!(
            "{} coordinators, {what}: {count} jobs in {WINDOW:?} again {:?} later; {} before",
            self.servers.len(),
            fault.elapsed(),
            self.usual
        );
    }

    fn sql(&self, sql: &str) {
        Postgres::shared().run(&self.database, sql);
    }

    /// Ends the load and checks what came of all of it (INV-ONE-TX, INV-FENCE, INV-REPLAY).
    async fn finish(self) {
        let client = self.servers[0].client();
        let started = self.load.finish(&client).await;
        let ended = within(HEALED_MAX, "every job ends", audit::ended(&client, &started)).await;
        for worker in self.workers {
            worker.stop().await;
        }
        let reports = self.reporter.finish().await;
        let executions = std::mem::take(&mut *self.executions.lock().expect("no panic"));
        let tasks = audit::check(&client, &started, &ended, &executions, &reports).await;
        let (attempts, share) = (started.attempts, 100 * started.succeeded / started.attempts);
        println!(
            "{} coordinators: {} jobs ({} of unknown outcome at first), {tasks} tasks; {share} % of {attempts} operations \
             succeeded at once",
            self.servers.len(),
            started.jobs.len(),
            started.unknown
        );
        assert!(share >= SUCCEEDED_MIN_PERCENT, "{} of {attempts} operations succeeded", started.succeeded);
        for server in self.servers {
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_killed_or_stopped_comes_back() {
    let mut fleet = Fleet::start(binary::esteira(), 1).await;
    let fault = Instant::now();
    fleet.servers[0].kill9().await;
    fleet.servers[0].restart().await;
    fleet.carried_again("killed and started again", fault).await;
    // Longer than the server keeps a transaction that does not go on.
    fleet.servers[0].pause();
    let end = Instant::now() + Duration::from_secs(6);
    until(HEALED_MAX, "six seconds", async || (Instant::now() >= end).then_some(())).await;
    let fault = Instant::now();
    fleet.servers[0].resume();
    fleet.carried_again("stopped and going on", fault).await;
    fleet.finish().await;
}

/// One is killed, another is stopped until its number belongs to a newcomer, and goes on then.
async fn the_others_carry_on(count: usize) {
    let mut fleet = Fleet::start(binary::esteira(), count).await;
    let fault = Instant::now();
    fleet.servers[0].kill9().await;
    fleet.carried_again("one is killed", fault).await;
    fleet.servers[0].restart().await;

    let stopped = count - 1;
    let fault = Instant::now();
    fleet.servers[stopped].pause();
    fleet.carried_again("one is stopped", fault).await;
    // As after half a minute: it counts as gone, and a newcomer takes its number, for the one that was killed still has its own.
    fleet.sql(&format!("DELETE FROM member WHERE address = '{}'", fleet.servers[stopped].address()));
    let newcomer = Server::serve_on(Postgres::shared().url(&fleet.database)).await;
    let fault = Instant::now();
    fleet.servers[stopped].resume();
    let other = async || fleet.servers[stopped].log().contains("it has another number now").then_some(());
    until(HEALED_MAX, "the one that was stopped takes another number", other).await;
    fleet.carried_again("it goes on", fault).await;
    newcomer.stop().await;
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_is_killed_and_one_is_stopped() {
    the_others_carry_on(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_four_is_killed_and_one_is_stopped() {
    the_others_carry_on(4).await;
}

/// A binary that is put in the place of another runs beside it; one that is older than the schema goes on when it runs already,
/// and does not start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_with_another_binary() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let program = directory.path().join("esteira");
    let put = |name: &str| {
        let copy = directory.path().join(name);
        std::fs::copy(binary::esteira(), &copy).expect("the binary is copied");
        std::fs::rename(copy, &program).expect("the binary is replaced");
    };
    put("first");
    let mut fleet = Fleet::start(&program, 2).await;
    put("second");
    for at in 0..2 {
        let fault = Instant::now();
        fleet.servers[at].terminate();
        let status = fleet.servers[at].ended().await;
        assert!(status.success(), "a coordinator that is told to stop ended with {status}");
        fleet.servers[at].restart().await;
        fleet.carried_again("one is replaced", fault).await;
    }
    // What a newer version does first: it adds to the schema while the older ones run.
    let fault = Instant::now();
    fleet.sql("ALTER TABLE job ADD COLUMN later BIGINT; INSERT INTO schema_migration VALUES (9999, '9999_later', 'x')");
    fleet.carried_again("the schema is newer", fault).await;
    let mut older = Command::new(&program);
    let url = Postgres::shared().url(&fleet.database);
    older.args(["serve", "--listen", "127.0.0.1:0", "--database", &url]);
    let mut older = Process::start("an older version", older, &directory.path().join("older.log"));
    assert_eq!(older.ended(HEALED_MAX).await.code(), Some(64));
    assert!(older.log().contains("run a newer version"), "{}", older.log());
    fleet.finish().await;
}
