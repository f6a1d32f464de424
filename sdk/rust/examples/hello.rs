//! One function in a plan of two steps, run in this process. `cargo run -p esteira-sdk --example hello`

use esteira_sdk::{
    Outcome, function,
    json::PayloadJson,
    model::{OutputType, Payload, PlanBuilder, RunError, Runner, step},
};

fn main() -> Result<(), RunError> {
    let hello = function("hello", OutputType::Single, |_cx, input: Payload| async move {
        let name: String = input.decode()?;
        Outcome::json(&format!("hello, {name}"))
    });
    let plan = PlanBuilder::new().step(step("greet", "hello").then("again")).step(step("again", "hello")).build();
    let trace = Runner::new().function(hello).run_blocking(&plan, Payload::json("\"world\""))?;
    print!("{trace}");
    for result in &trace.results {
        println!("{}", result.as_json().unwrap_or_default());
    }
    Ok(())
}
