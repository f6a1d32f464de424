//! Where a coordinator of these tests keeps what it has, its log's key and anchors beside it, and a job to look at.

use esteira_e2e::{Cli, LocalWorker, Server, binary, jobs, tools};
use esteira_sdk::{
    Outcome,
    json::PayloadJson,
    model::{Function, OutputType, function},
};
use esteira_testkit::Postgres;
use serde_json::{Value, json};
use std::{path::PathBuf, process::Command, sync::Arc};
use tempfile::TempDir;

/// What the job of [`Store::worked`] starts with.
pub const INPUT: &str = r#"{"order":1042}"#;

/// A database of its own, and a folder for what lies beside it.
pub struct Store {
    pub folder: TempDir,
    pub url: String,
    /// The database's name, on PostgreSQL.
    pub name: Option<String>,
}

impl Store {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        Self { folder, url, name: None }
    }

    pub fn postgres() -> Self {
        let postgres = Postgres::shared();
        let name = postgres.fresh_name();
        postgres.run("postgres", &format!("CREATE DATABASE {name}"));
        Self { folder: tempfile::tempdir().expect("a folder"), url: postgres.url(&name), name: Some(name) }
    }

    pub fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    /// A file of these bytes; its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.display().to_string()
    }

    /// Signs with [`Store::key`], which is made when it is missing.
    pub async fn serve(&self, extra: &[&str]) -> Server {
        let mut arguments = vec!["--ledger-key".into(), self.key().into_os_string()];
        arguments.extend(extra.iter().map(Into::into));
        Server::serve_by(binary::esteira(), self.url.clone(), arguments).await
    }
}

/// `ledger.double` gives twice the order.
pub fn functions() -> [Arc<dyn Function>; 1] {
    let double = function("ledger.double", OutputType::Single, |_, input| async move {
        let input: Value = input.decode()?;
        Outcome::json(&json!({"double": input["order"].as_i64().unwrap_or_default() * 2}))
    });
    [Arc::new(double)]
}

/// The plans `double` and `other`, and a job of the first that has succeeded.
pub async fn worked(server: &Server) -> String {
    for name in ["double", "other"] {
        let steps = json!([{"step_key": name, "function": "ledger.double"}]);
        jobs::publish(&server.client(), &json!({"name": name, "steps": steps})).await;
    }
    let worker = LocalWorker::start(&server.url(), 2, functions());
    let input = serde_json::from_str(INPUT).expect("JSON");
    let job = jobs::start(&server.client(), "double", &input).await;
    jobs::succeeded(&server.client(), &job).await;
    worker.stop().await;
    job
}

/// The one key that is believed, and the log's name.
pub async fn trust(cli: &Cli) -> (String, String) {
    let status = cli.json(&["ledger", "status"]).await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&status["verifier_keys"][0]), text(&status["origin"]))
}

/// The independent verifier on a file: what it says, and its exit code.
pub fn independent(file: &str, origin: &str, key: &str) -> (String, Option<i32>) {
    let verifier = tools::root().join("crates/ledger/verifier/verify.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(verifier).args([file, "--origin", origin, "--key", key]);
    let output = command.output().expect("python3 runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (said, output.status.code())
}
