//! A worker on the SDK as a process of its own, for tests that need to see or to kill one.
//!
//! `e2e-worker SERVER` serves `rust.trim`, which takes a text and gives it without the spaces at its ends, and `e2e.fence`,
//! which gives the fence of its lease. `e2e-worker SERVER hang` serves `e2e.fence` alone, says `holds FENCE` and never ends.

use esteira_sdk::{
    Outcome,
    json::PayloadJson,
    model::{Function, OutputType, function},
    worker::{Worker, terminated},
};
use std::{process::ExitCode, sync::Arc};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(server) = arguments.next() else {
        eprintln!("usage: e2e-worker SERVER [hang]");
        return ExitCode::from(64);
    };
    let hang = arguments.next().is_some();
    let trim = function("rust.trim", OutputType::Single, |_, input| async move {
        let text: String = input.decode()?;
        Outcome::json(text.trim())
    });
    let fence = function("e2e.fence", OutputType::Single, move |cx, _| async move {
        if hang {
            println!("holds {}", cx.fence());
            std::future::pending::<()>().await;
        }
        Outcome::json(&cx.fence())
    });
    let mut functions: Vec<Arc<dyn Function>> = vec![Arc::new(fence)];
    if !hang {
        functions.push(Arc::new(trim));
    }
    let worker_id = format!("rust-{}-{}", if hang { "hang" } else { "serve" }, std::process::id());
    let worker = Worker::builder(server).functions(functions).worker_id(worker_id).build();
    let ended = match worker {
        Ok(worker) => worker.run(terminated()).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("e2e-worker: {error}");
            ExitCode::FAILURE
        }
    }
}
