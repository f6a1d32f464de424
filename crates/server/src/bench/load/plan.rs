//! The plans that are executed, and the data that goes through them.

use super::{Calls, connect};
use crate::bench::stage::Stage;
use esteira_contract::v1::{self, plan_service_client::PlanServiceClient};

/// About 200 bytes, as in the peers' published workloads.
pub const DATA: &str = r#"{"order":"9007199254740993","status":"shipped","items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}],"note":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// So many steps, one after the other.
    Chain(usize),
    /// One step, which a worker of an SDK serves.
    Kit,
    /// A step that makes items, one task an item, and a join.
    FanOut,
}

impl Plan {
    /// Its name.
    pub const NAME: &'static str = "bench";
    /// The function of all its steps.
    pub const FUNCTION: &'static str = "bench.noop";

    fn definition(self) -> String {
        let function = Self::FUNCTION;
        let steps = match self {
            Self::Chain(length) => {
                let step = |index: usize| {
                    let next =
                        if index + 1 < length { format!(r#","next":["s{}"]"#, index + 1) } else { String::new() };
                    format!(r#"{{"step_key":"s{index}","function":"{function}"{next}}}"#)
                };
                (0..length).map(step).collect::<Vec<_>>().join(",")
            }
            Self::Kit => r#"{"step_key":"only","function":"kit.raw"}"#.to_owned(),
            Self::FanOut => format!(
                r#"{{"step_key":"fan","function":"{function}","output":"multiple","next":["item"]}},
                   {{"step_key":"item","function":"{function}","next":["join"]}},
                   {{"step_key":"join","function":"{function}","join":"all"}}"#
            ),
        };
        format!(r#"{{"name":"{}","steps":[{steps}]}}"#, Self::NAME)
    }
}

/// Publishes a plan under the one name.
pub async fn publish(stage: &Stage, plan: Plan) -> Result<(), String> {
    let request = v1::PublishPlanVersionRequest {
        plan: Some(v1::publish_plan_version_request::Plan::PlanName(Plan::NAME.into())),
        definition_json: plan.definition(),
        make_default: true,
        ..Default::default()
    };
    let channel = connect(stage, 1, 1)?.remove(0);
    let answer = PlanServiceClient::new(channel).publish_plan_version(request).await;
    answer.map(drop).map_err(|status| Calls::failed(&status))
}
