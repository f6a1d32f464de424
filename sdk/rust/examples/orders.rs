//! An aggregate that only its own behaviours change, moved by a plan with a fan-out and a join.
//! `cargo run -p esteira-sdk --example orders`

use esteira_sdk::{
    Context, Error, Function, FunctionSpec, Outcome,
    json::{ContextJson, PayloadJson},
    model::{Aggregate, BoxFuture, OutputType, Payload, PlanBuilder, RunError, Runner, definition_json, step},
};
use serde::{Deserialize, Serialize};

/// An order: lines that are reserved one by one.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    id: String,
    version: i64,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    product: String,
    quantity: u32,
    #[serde(default)]
    reserved: bool,
}

enum Event {
    Reserved(String),
}

impl Aggregate for Order {
    type Event = Event;

    fn kind() -> &'static str {
        "order"
    }
    fn id(&self) -> &str {
        &self.id
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn apply(&mut self, event: &Event) {
        let Event::Reserved(product) = event;
        self.lines.iter_mut().filter(|line| line.product == *product).for_each(|line| line.reserved = true);
        self.version += 1;
    }
}

impl Order {
    /// The rule stands here and nowhere else.
    fn reserve(&mut self, product: &str, quantity_max: u32) -> Result<(), Error> {
        let line = self
            .lines
            .iter()
            .find(|line| line.product == product)
            .ok_or_else(|| Error::non_retryable("PRODUCT_UNKNOWN", product))?;
        if line.quantity > quantity_max {
            return Err(Error::non_retryable("QUANTITY_TOO_LARGE", format!("{} of {product}", line.quantity)));
        }
        self.apply(&Event::Reserved(product.to_owned()));
        Ok(())
    }
}

/// Reserves all lines of an order.
struct Reserve;

#[derive(Deserialize)]
struct ReserveConfig {
    quantity_max: u32,
}

impl Function for Reserve {
    fn spec(&self) -> FunctionSpec {
        FunctionSpec::new("order.reserve", OutputType::Single).version("1").summary("Reserves all lines of an order.")
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            let config: ReserveConfig = cx.config()?;
            let mut order: Order = input.decode()?;
            for product in order.lines.iter().map(|line| line.product.clone()).collect::<Vec<_>>() {
                order.reserve(&product, config.quantity_max)?;
                cx.emit("order.line_reserved", order.id(), Payload::encode(&product)?);
            }
            let after = order.reference();
            Ok(Outcome::json(&order)?.aggregate_after(after))
        })
    }
}

fn main() -> Result<(), RunError> {
    let split = esteira_sdk::function("order.split", OutputType::Multiple, |_cx, input: Payload| async move {
        let order: Order = input.decode()?;
        order.lines.iter().map(Payload::encode).collect::<Result<Vec<_>, Error>>()
    });
    let pick = esteira_sdk::function("line.pick", OutputType::Single, |_cx, input: Payload| async move {
        let line: Line = input.decode()?;
        Outcome::json(&format!("{} x {}", line.quantity, line.product))
    });
    let pack = esteira_sdk::function("order.pack", OutputType::Single, |_cx, input| async { Ok(Outcome::one(input)) });
    let plan = PlanBuilder::new()
        .step(step("reserve", "order.reserve").config(r#"{"quantity_max":10}"#).then("split"))
        .step(step("split", "order.split").output(OutputType::Multiple).then("pick"))
        .step(step("pick", "line.pick").then("pack"))
        .step(step("pack", "order.pack").join_all())
        .build();
    let order = r#"{"id":"o-1","version":0,"lines":[{"product":"tea","quantity":2},{"product":"cup","quantity":4}]}"#;
    let runner = Runner::new().function(Reserve).function(split).function(pick).function(pack);
    let trace = runner.run_blocking(&plan, Payload::json(order))?;
    print!("{trace}");
    println!("result   {}", trace.results.first().and_then(Payload::as_json).unwrap_or("none"));
    println!("messages {}", trace.messages.len());
    println!("document {}", definition_json(&plan, "order.fulfil"));
    Ok(())
}
