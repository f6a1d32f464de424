//! Validate a plan document. Never stores anything.

use crate::{catalog, coordinator::Coordinator, work::Principal};
use esteira_engine::{Graph, Issue};
use esteira_model::Run;
use sha2::{Digest, Sha256};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated {
    /// Errors and warnings, by place.
    pub issues: Vec<Issue>,
    /// SHA-256 of the document.
    pub sha256: [u8; 32],
}

impl Validated {
    /// Whether the plan may be published.
    pub fn is_valid(&self) -> bool {
        self.issues.iter().all(|issue| issue.warning)
    }
}

impl Coordinator {
    /// Checks a document as publishing it would.
    pub async fn validate_plan(&self, principal: &Principal, definition_json: &str) -> Validated {
        let sha256 = Sha256::digest(definition_json.as_bytes()).into();
        let plan = match catalog::parse(definition_json) {
            Ok(plan) => plan,
            Err(error) => return Validated { issues: error.issues, sha256 },
        };
        let (_, mut issues) = Graph::compile(&plan, self.shared.catalog.evaluator());
        for (index, step) in plan.steps.iter().enumerate() {
            if let Run::SubPlan { plan: name, version, .. } = &step.run {
                let key = catalog::PlanKey::Name(name.to_string());
                if let Err(error) =
                    self.shared.catalog.version_to_start(self.reader(), &principal.account, &key, *version).await
                {
                    issues.push(Issue::error(format!("/steps/{index}/sub_plan"), "SUB_PLAN_UNKNOWN", error.message));
                }
            }
        }
        Validated { issues, sha256 }
    }
}
