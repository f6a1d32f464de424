//! A PostgreSQL server of this run alone, and a link to it for each coordinator.

use super::{link::Link, startup::Held};
use esteira_testkit::Postgres;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Connections that the server allows: coordinators take some of them, and a fault takes the rest.
pub(crate) const CONNECTIONS_MAX: usize = 60;
/// The role of coordinators: no superuser, so that what is kept for those stays free.
pub(crate) const ROLE: &str = "esteira";
pub(crate) const NAME: &str = "chaos";
/// How long the server may take to come back.
const BACK_MAX: Duration = Duration::from_secs(60);

/// A server.
pub(crate) struct Database {
    pub server: Arc<Postgres>,
    pub links: Vec<Link>,
}

impl Database {
    pub async fn start(folder: &Path, replicas: usize) -> Self {
        let setting = format!("max_connections={CONNECTIONS_MAX}");
        let server = tokio::task::spawn_blocking(move || Postgres::start(&[&setting])).await.expect("it starts");
        // Also for a server that is started again, which knows nothing of how it was started first.
        server.run("postgres", &format!("ALTER SYSTEM SET max_connections = {CONNECTIONS_MAX}"));
        server.run("postgres", &format!("CREATE ROLE {ROLE} LOGIN"));
        server.run("postgres", &format!("CREATE DATABASE {NAME} OWNER {ROLE}"));
        let link = |number: usize| Link::start(&folder.join(format!("link{number}")), server.socket());
        let links = (0..replicas).map(link).collect();
        Self { server: Arc::new(server), links }
    }

    /// What a coordinator behind this link is given.
    pub fn url(&self, link: &Link) -> String {
        format!("postgres://{ROLE}@localhost/{NAME}?host={}", link.folder().display())
    }

    /// Asks the server past all links.
    pub async fn ask(&self, sql: &str) -> Result<String, String> {
        let (server, sql) = (self.server.clone(), sql.to_owned());
        tokio::task::spawn_blocking(move || server.try_ask("postgres", &sql))
            .await
            .map_err(|error| error.to_string())?
    }

    /// The same in the coordinators' database.
    pub async fn ask_data(&self, sql: &str) -> Result<String, String> {
        let (server, sql) = (self.server.clone(), sql.to_owned());
        tokio::task::spawn_blocking(move || server.try_ask(NAME, &sql)).await.map_err(|error| error.to_string())?
    }

    /// The processes that serve coordinators, those that write first.
    pub async fn backends(&self) -> Vec<u32> {
        let sql = format!(
            "SELECT pid FROM pg_stat_activity WHERE usename = '{ROLE}' ORDER BY xact_start IS NULL, query !~* 'commit|insert|update|delete', random()"
        );
        self.ask(&sql).await.unwrap_or_default().lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Starts the server again after its end, or after what is left of it has gone.
    pub async fn restart(&self) -> Result<(), String> {
        let end = Instant::now() + BACK_MAX;
        loop {
            let server = self.server.clone();
            let started = tokio::task::spawn_blocking(move || server.try_restart()).await.map_err(|e| e.to_string())?;
            match started {
                Ok(()) => return self.is_back().await,
                Err(why) if Instant::now() > end => return Err(why),
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Waits until the server answers.
    pub async fn is_back(&self) -> Result<(), String> {
        let end = Instant::now() + BACK_MAX;
        loop {
            match self.ask("SELECT 1").await {
                Ok(_) => return Ok(()),
                Err(why) if Instant::now() > end => return Err(why),
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// A connection of a coordinator's role, held open; none when the server takes no more.
    pub async fn hold(&self) -> Option<Held> {
        let socket: PathBuf = self.server.socket();
        Held::open(&socket, ROLE, NAME).await
    }
}
