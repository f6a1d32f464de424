use esteira_sdk::{
    Error, Function, Outcome, function,
    json::PayloadJson,
    model::{OutputType, Payload},
};

/// Greets whom its input names.
pub fn greet() -> impl Function {
    function("{{name}}", OutputType::Single, |_cx, input: Payload| async move {
        let name: String = input.decode()?;
        if name.is_empty() {
            return Err(Error::non_retryable("NAME_EMPTY", "nobody to greet"));
        }
        Outcome::json(&format!("hello, {name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_sdk::testing::Harness;

    #[test]
    fn it_greets() {
        let execution = Harness::new().run_blocking(&greet(), Payload::json("\"world\""));
        assert_eq!(execution.payloads(), [Payload::json("\"hello, world\"")]);
    }

    #[test]
    fn nobody_to_greet_is_refused() {
        let execution = Harness::new().run_blocking(&greet(), Payload::json("\"\""));
        assert_eq!(execution.error().map(Error::code), Some("NAME_EMPTY"));
    }
}
