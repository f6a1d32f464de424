//! Serves the function until SIGTERM or Ctrl-C.

mod function;

use esteira_sdk::worker::{Error, Worker, terminated};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let endpoint = std::env::var("ESTEIRA_SERVER").unwrap_or_else(|_| "http://127.0.0.1:7440".into());
    Worker::builder(endpoint).function(function::greet()).slots(8).build()?.run(terminated()).await
}
