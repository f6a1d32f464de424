//! The system under test: coordinators as processes, the database that they share, the links between, and the workers.

pub(crate) mod coordinator;
pub(crate) mod database;
pub(crate) mod disk;
pub(crate) mod inspect;
pub(crate) mod link;
pub(crate) mod resort;
pub(crate) mod rows;
pub(crate) mod signal;
pub(crate) mod startup;
pub(crate) mod tables;
pub(crate) mod workers;

use crate::{
    history::{End, SetAside},
    round::Plan,
};
use coordinator::Coordinator;
use database::Database;
use disk::Disk;
use esteira_conformance::proxy::Proxy;
use std::path::{Path, PathBuf};
use workers::Workers;

/// All of it.
pub(crate) struct System {
    pub coordinators: Vec<Coordinator>,
    /// One before each coordinator; clients know only these.
    pub proxies: Vec<Proxy>,
    /// Where there is a server.
    pub database: Option<Database>,
    /// Where the data of SQLite lies.
    pub disk: Option<Disk>,
    pub workers: Workers,
    /// What was set aside and is written over since.
    set_aside: Vec<SetAside>,
}

impl System {
    /// Starts everything but the load.
    pub async fn start(plan: &Plan, folder: &Path) -> Self {
        let bug = plan.bug.map(|bug| bug.name);
        let program = plan.esteira.as_path();
        let mut coordinators = Vec::new();
        let (database, disk) = match plan.configuration.replicas() {
            None => {
                let disk = Disk::mount(folder);
                let url = format!("sqlite:{}", disk.inside("esteira.db").display());
                coordinators.push(Coordinator::new("c0", program, bug, url, folder, Some(disk.holder())));
                (None, Some(disk))
            }
            Some(replicas) => {
                let database = Database::start(folder, replicas).await;
                for (number, link) in database.links.iter().enumerate() {
                    let url = database.url(link);
                    coordinators.push(Coordinator::new(&format!("c{number}"), program, bug, url, folder, None));
                }
                (Some(database), None)
            }
        };
        let mut proxies = Vec::new();
        for coordinator in &mut coordinators {
            coordinator.start().await.expect("a coordinator starts on a system that is well");
            proxies.push(Proxy::start(&coordinator.url(), None).await);
        }
        let urls = proxies.iter().map(Proxy::url).collect();
        let history: PathBuf = folder.join("history");
        std::fs::create_dir_all(&history).expect("a folder can be made");
        Self {
            coordinators,
            proxies,
            database,
            disk,
            workers: Workers::new(plan.chaos.clone(), urls, history, plan.seed),
            set_aside: Vec::new(),
        }
    }

    /// What clients connect to.
    pub fn urls(&self) -> Vec<String> {
        self.proxies.iter().map(Proxy::url).collect()
    }

    /// Keeps in mind what a coordinator has set aside.
    pub fn note_set_aside(&mut self, at: usize) -> std::io::Result<()> {
        self.set_aside.extend(resort::set_aside(self.coordinators[at].resort())?);
        Ok(())
    }

    /// What the last resorts tell at the end.
    pub fn read_resorts(&mut self, end: &mut End) -> std::io::Result<()> {
        for at in 0..self.coordinators.len() {
            self.note_set_aside(at)?;
            let folder = self.coordinators[at].resort();
            end.brought_back.extend(resort::brought_back(folder));
            end.kept += resort::waiting(folder)?;
        }
        end.set_aside.append(&mut self.set_aside);
        Ok(())
    }

    /// Coordinators that ended by themselves; each is started again.
    pub async fn ended(&mut self) -> Vec<String> {
        let mut ended = Vec::new();
        for coordinator in &mut self.coordinators {
            if !coordinator.is_running() {
                ended.push(format!(
                    "{} ended by itself; its log ends with:\n{}",
                    coordinator.name,
                    coordinator.log_tail()
                ));
                if let Err(why) = coordinator.start().await {
                    ended.push(format!("{} does not come back: {why}", coordinator.name));
                }
            }
        }
        ended
    }
}
