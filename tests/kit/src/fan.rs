//! `kit.fan`: as many items as its configuration says.

use esteira_sdk::{
    Error, Function, Output, function,
    json::ContextJson,
    model::{Context, OutputType, Payload},
};
use serde::Deserialize;

/// One of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// JSON texts, each an item as it is.
    items: Option<Vec<String>>,
    /// The integers from 0 up to this one.
    count: Option<u32>,
}

/// Produces the items that its configuration names, whatever its input is.
pub fn fan() -> impl Function {
    function("kit.fan", OutputType::Multiple, |cx: Context, _| async move {
        let items: Vec<Payload> = match cx.config()? {
            Config { items: Some(texts), count: None } => texts.into_iter().map(Payload::json).collect(),
            Config { items: None, count: Some(count) } => (0..count).map(|n| Payload::json(n.to_string())).collect(),
            _ => return Err(Error::config_invalid("either `items` or `count`")),
        };
        Ok(Output::Many(items))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_sdk::testing::Harness;

    fn check(config: &str, expected: Result<&[&str], &str>) {
        let execution = Harness::new().config(config).run_blocking(&fan(), Payload::none());
        let texts: Vec<&str> = execution.payloads().iter().map(|item| item.as_json().expect("JSON")).collect();
        assert_eq!(execution.error().map_or(Ok(&*texts), |error| Err(error.code())), expected, "{config}");
    }

    #[test]
    fn items_are_verbatim_or_counted() {
        check(r#"{"items":["{ \"a\":1.0}","null"]}"#, Ok(&["{ \"a\":1.0}", "null"]));
        check(r#"{"items":[]}"#, Ok(&[]));
        check(r#"{"count":3}"#, Ok(&["0", "1", "2"]));
        for bad in
            ["", "{}", r#"{"count":1,"items":[]}"#, r#"{"count":-1}"#, r#"{"count":1,"more":1}"#, r#"{"items":[1]}"#]
        {
            check(bad, Err("CONFIG_INVALID"));
        }
    }
}
