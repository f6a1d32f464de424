//! INV-LABEL: the data class of a job stands on all that derives from it, and a purge of one class takes all of it and nothing else (I21).

mod world;

use esteira_coordinator::{
    Settings,
    error::Reason,
    removal::{PurgeJobs, PurgedJobs, WouldPurge},
    reprocess::ReprocessJob,
    work::{Reported, ReportedOutput},
};
use esteira_model::{DataClass, Failure, FailureKind, JobId, Payload, Point};
use esteira_store::{Filter, Page, Term};
use esteira_testkit::Postgres;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;
use world::{World, completed, single};

/// Rows as text, by table.
type Rows = BTreeMap<String, Vec<String>>;

/// A database that is looked into from outside.
enum Database {
    Sqlite(TempDir),
    Postgres(String),
}

impl Database {
    fn url(&self) -> String {
        match self {
            Self::Sqlite(directory) => format!("sqlite:{}", directory.path().join("store.db").display()),
            Self::Postgres(name) => Postgres::shared().url(name),
        }
    }

    /// The rows of a query of one column of text.
    fn query(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(directory) => {
                let connection = rusqlite::Connection::open(directory.path().join("store.db")).expect("opens");
                let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
                let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("runs");
                rows.map(|row| row.expect("a row")).collect()
            }
            Self::Postgres(name) => {
                let answer = Postgres::shared().ask(name, sql);
                answer.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
            }
        }
    }

    /// Tables that have a column.
    fn tables_with(&self, column: &str) -> BTreeSet<String> {
        let sql = match self {
            Self::Sqlite(_) => {
                format!(
                    "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = '{column}'"
                )
            }
            // Partitions are part of their table.
            Self::Postgres(_) => format!(
                "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attname = '{column}' \
                 AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
            ),
        };
        self.query(&sql).into_iter().collect()
    }

    fn hex(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("encode({column}, 'hex')"),
        }
    }

    /// `job class`, for each row of a table that is about a job.
    fn labels(&self, table: &str) -> Vec<String> {
        self.query(&format!("SELECT {} || ' ' || data_class FROM {table}", self.hex("job_id")))
    }

    /// Every row of tables about jobs, of these jobs.
    fn rows_of(&self, jobs: &BTreeSet<String>) -> Rows {
        let of = |table: &String| {
            let columns = match self {
                Self::Sqlite(_) => {
                    let names =
                        self.query(&format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')"));
                    names.join(" || '|' || ")
                }
                Self::Postgres(_) => format!("{table}::text"),
            };
            let id = self.hex("job_id");
            let mut rows = self.query(&format!("SELECT {id} || ' ' || {columns} FROM {table}"));
            rows.retain(|row| jobs.contains(row.split(' ').next().unwrap_or_default()));
            rows.sort();
            (table.clone(), rows)
        };
        self.tables_with("job_id").iter().map(of).collect()
    }
}

fn hex(job: JobId) -> String {
    job.0.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn world(database: &Database) -> World {
    let world = World::on(&database.url(), Settings::default()).await;
    world.publish("child", r#"{"step_key":"x","function":"one"}"#).await;
    let tree = r#"{"step_key":"a","function":"many","output":"multiple","next":["s"]},
        {"step_key":"s","sub_plan":{"plan":"child"},"next":["j"]},
        {"step_key":"j","function":"fails","join":"all","retry":{"max_attempts":2,"initial_backoff":"1ms"}}"#;
    world.publish("tree", tree).await;
    world
}

fn large(text: &str) -> Payload {
    Payload::json(format!("\"{text}{}\"", "x".repeat(70 << 10)))
}

async fn work(world: &World, job: JobId) {
    while !world.job(job).await.state.is_terminal() {
        for grant in world.lease(&["one", "many", "fails"], 50).await {
            let outcome = match &*grant.function {
                "many" => completed(ReportedOutput::Multiple(vec![Payload::json("1"), large("a"), Payload::json("3")])),
                "fails" => {
                    let kind = if grant.attempt == 1 { FailureKind::Retryable } else { FailureKind::NonRetryable };
                    let checkpoint = (grant.attempt == 1).then(|| large("checkpoint"));
                    Reported::Failed(Failure::engine(kind, "BROKEN", "it does not work"), checkpoint)
                }
                _ => single("\"out\""),
            };
            world.report(&grant, outcome).await;
        }
    }
}

/// A tree of this class that failed, and a job that goes on from it.
async fn ran(world: &mut World, class: DataClass) -> [JobId; 2] {
    world.principal.data_class = class;
    let job = world.start("tree", "\"in\"").await.id;
    work(world, job).await;
    // Whoever asks for it: what derives from a job has its class.
    world.principal.data_class = DataClass::Production;
    let ask = ReprocessJob {
        request: None,
        job,
        point: Point::LastStep,
        version: 0,
        input: None,
        reason: "again".into(),
        dry_run: false,
    };
    let again = world.coordinator.reprocess_job(&world.principal, ask).await.expect("it goes on");
    let again = again.started.expect("a job").job.id;
    work(world, again).await;
    [job, again]
}

async fn would_purge(world: &World, class: DataClass) -> WouldPurge {
    let filter = Filter(vec![Term::eq("data_class", class.as_str())]);
    let page = Page { size: 100, after: None };
    world.coordinator.would_purge(&world.principal, class, &filter, &page).await.expect("counted")
}

async fn purge(world: &World, class: DataClass, roots: Vec<JobId>) -> PurgedJobs {
    let ask = PurgeJobs { data_class: class, roots, reason: "tried out".into() };
    world.coordinator.purge_jobs(&world.principal, ask).await.expect("purged")
}

async fn a_class_is_on_every_row_and_goes_as_a_whole(database: Database) {
    let mut world = world(&database).await;
    let mut of = BTreeMap::new();
    for class in [DataClass::Production, DataClass::Qa, DataClass::Devtest] {
        of.insert(class.as_str(), ran(&mut world, class).await);
    }
    let reader = world.coordinator.reader();
    let all = Page { size: 500, after: None };
    let jobs = reader.list_jobs(&world.principal.account, &Filter::default(), &all).await.expect("listed").rows;
    assert_eq!(jobs.len(), 3 * 5, "a root, three sub-plans and a reprocess of each class");
    let class_of: BTreeMap<String, &str> = jobs.iter().map(|job| (hex(job.id), job.data_class.as_str())).collect();
    for (class, [root, again]) in &of {
        assert_eq!((class_of[&hex(*root)], class_of[&hex(*again)]), (*class, *class));
    }
    let labelled = database.tables_with("data_class");
    let known = ["artifact", "audit_record", "job", "removal", "retention"];
    assert_eq!(labelled, known.map(str::to_owned).into(), "a table with a class that this test does not look at");
    let check_labels = |tables: &[&str]| {
        for table in tables {
            let rows = database.labels(table);
            assert!(!rows.is_empty(), "{table} has no rows");
            for row in rows {
                let (job, class) = row.split_once(' ').expect("two parts");
                assert_eq!(Some(&class), class_of.get(job), "{table}: {row}");
            }
        }
    };
    check_labels(&["job", "artifact"]);

    let ids = |class: &str| -> BTreeSet<String> {
        class_of.iter().filter(|(_, of)| **of == class).map(|(job, _)| job.clone()).collect()
    };
    let kept: BTreeSet<String> = ids("PRODUCTION").union(&ids("DEVTEST")).cloned().collect();
    let before = database.rows_of(&kept);
    // All classes have large bodies alike, each kept once.
    let blobs = || database.query(&format!("SELECT {} FROM blob ORDER BY 1", database.hex("sha256")));
    let bodies = blobs();
    assert_eq!(bodies.len(), 2);
    // Real work is refused, and passed over when it is named all the same.
    let [production, _] = of["PRODUCTION"];
    let ask = PurgeJobs { data_class: DataClass::Production, roots: vec![production], reason: "r".into() };
    let refused = world.coordinator.purge_jobs(&world.principal, ask).await.expect_err("refused");
    assert_eq!((refused.reason, refused.field.as_str()), (Reason::FieldInvalid, "data_class"));
    let passed = purge(&world, DataClass::Qa, vec![production]).await;
    assert_eq!((passed.applied.removed.jobs, passed.certificates.len()), (0, 0));

    // The reprocess refers to the data of its source, so it goes first.
    let mut gone = (0, 0);
    let mut certificates = Vec::new();
    loop {
        let would = would_purge(&world, DataClass::Qa).await;
        if would.roots.is_empty() {
            break;
        }
        let purged = purge(&world, DataClass::Qa, would.roots).await;
        assert_eq!(purged.applied, would.applied);
        gone = (gone.0 + purged.applied.removed.jobs, gone.1 + purged.applied.removed.artifacts);
        certificates.extend(purged.certificates);
        assert!(certificates.len() <= 2, "each once");
    }
    assert_eq!((gone.0, certificates.len()), (5, 2));
    assert!(gone.1 > 10);
    let left = database.rows_of(&ids("QA"));
    for (table, rows) in left {
        assert!(rows.is_empty() || table == "removal", "{table}: {rows:?}");
    }
    assert_eq!(database.labels("removal").len(), 5, "a certificate for each job");
    check_labels(&["job", "artifact", "removal"]);
    assert_eq!(database.query("SELECT place FROM artifact WHERE data_class = 'QA'"), Vec::<String>::new());
    assert_eq!(database.rows_of(&kept), before, "not a byte of another class");
    assert_eq!(blobs(), bodies);
}

#[tokio::test]
async fn a_class_is_on_every_row_and_goes_as_a_whole_on_sqlite() {
    a_class_is_on_every_row_and_goes_as_a_whole(Database::Sqlite(TempDir::new().expect("a folder"))).await;
}

#[tokio::test]
async fn a_class_is_on_every_row_and_goes_as_a_whole_on_postgres() {
    let server = Postgres::shared();
    let name = server.fresh_name();
    server.run("postgres", &format!("CREATE DATABASE {name}"));
    a_class_is_on_every_row_and_goes_as_a_whole(Database::Postgres(name)).await;
}
