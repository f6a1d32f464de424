//! Callers and workers at work: a scenario fails as soon as one of them does.

use super::Calls;
use tokio::task::JoinSet;
use tonic::Status;

/// Tasks of this process that make load. Those that still run when it is dropped are stopped.
#[derive(Default)]
pub struct Crew(JoinSet<Result<(), Status>>);

impl Crew {
    /// Adds one.
    pub fn add(&mut self, member: impl Future<Output = Result<(), Status>> + Send + 'static) {
        self.0.spawn(member);
    }

    /// Waits for something that is not the crew's, and fails when one of the crew does meanwhile.
    pub async fn during<T>(&mut self, something: impl Future<Output = T>) -> Result<T, String> {
        tokio::pin!(something);
        loop {
            tokio::select! {
                biased;
                done = &mut something => return Ok(done),
                Some(ended) = self.0.join_next() => check(ended)?,
            }
        }
    }

    /// Waits until all have ended.
    pub async fn ended(&mut self) -> Result<(), String> {
        while let Some(ended) = self.0.join_next().await {
            check(ended)?;
        }
        Ok(())
    }
}

fn check(ended: Result<Result<(), Status>, tokio::task::JoinError>) -> Result<(), String> {
    ended.map_err(|error| error.to_string())?.map_err(|status| Calls::failed(&status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_of_one_ends_the_wait() {
        let mut crew = Crew::default();
        crew.add(async { Ok(()) });
        crew.add(async { Err(Status::internal("broken")) });
        let outcome = crew.during(std::future::pending::<()>()).await;
        assert!(outcome.is_err_and(|error| error.contains("broken")));
        assert_eq!(crew.during(async { 7 }).await, Ok(7));
    }
}
