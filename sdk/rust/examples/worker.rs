//! Serves one function to a coordinator until SIGTERM or Ctrl-C.
//! `cargo run -p esteira-sdk --example worker -- http://127.0.0.1:7440`

use esteira_sdk::{
    Error, Outcome, function,
    json::PayloadJson,
    model::{Level, OutputType, Payload},
    worker::{Worker, terminated},
};

#[tokio::main]
async fn main() -> Result<(), esteira_sdk::worker::Error> {
    let endpoint = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:7440".into());
    let hello = function("hello", OutputType::Single, |cx, input: Payload| async move {
        let name: String = input.decode()?;
        if name.is_empty() {
            return Err(Error::non_retryable("NAME_EMPTY", "somebody must be greeted"));
        }
        cx.log(Level::Info, format!("greeting in attempt {}", cx.attempt()));
        Outcome::json(&format!("hello, {name}"))
    });
    Worker::builder(endpoint).function(hello.version("1")).slots(8).build()?.run(terminated()).await
}
