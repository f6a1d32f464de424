//! `cost-workload DATABASE JOBS`: the workload alone, for a tool that counts.

use std::{env, error::Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(database), Some(jobs)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cost-workload DATABASE JOBS".into());
    };
    esteira_cost::run(&database, jobs.parse()?).await
}
