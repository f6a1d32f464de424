//! What a scenario plays on: an empty database and one or more coordinators over it.

use super::{
    command::Arguments,
    coordinator::{Coordinator, Setting},
    database::{Database, Target},
};
use esteira_model::JobId;
use esteira_store_sql::measure;

/// A database and its coordinators.
pub struct Stage {
    /// The database.
    pub database: Database,
    /// The coordinators that run.
    pub coordinators: Vec<Coordinator>,
    settings: Vec<Setting>,
}

impl Stage {
    /// An empty database with one coordinator.
    pub async fn new(arguments: &Arguments, target: &Target) -> Result<Self, String> {
        Self::with(arguments, target, 1, &[]).await
    }

    /// An empty database with so many coordinators that have these settings.
    pub async fn with(
        arguments: &Arguments,
        target: &Target,
        coordinators: usize,
        settings: &[Setting],
    ) -> Result<Self, String> {
        let database = Database::create(target, arguments.directory.as_deref()).await?;
        let mut stage = Self { database, coordinators: Vec::new(), settings: settings.to_vec() };
        stage.start(coordinators).await?;
        Ok(stage)
    }

    async fn start(&mut self, coordinators: usize) -> Result<(), String> {
        for number in 0..coordinators {
            self.coordinators.push(Coordinator::start(&self.database, number, &self.settings).await?);
        }
        Ok(())
    }

    /// Where the coordinators listen.
    pub fn endpoints(&self) -> impl Iterator<Item = &str> + Clone {
        self.coordinators.iter().map(|coordinator| coordinator.endpoint.as_str())
    }

    /// Copies the rows of a job so many times while the coordinators are down, then starts them again.
    pub async fn multiply(&mut self, job: JobId, copies: u64) -> Result<(), String> {
        let coordinators = self.coordinators.len();
        self.stop().await?;
        measure::multiply(&self.database.url, job, copies).await.map_err(|error| error.to_string())?;
        self.start(coordinators).await
    }

    async fn stop(&mut self) -> Result<(), String> {
        for coordinator in self.coordinators.drain(..) {
            coordinator.stop().await?;
        }
        Ok(())
    }

    /// Stops all of it and removes the database.
    pub async fn end(mut self) -> Result<(), String> {
        self.stop().await?;
        self.database.drop().await
    }
}
