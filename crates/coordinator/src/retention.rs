//! How long jobs are kept after their end: per project and data class, read anew by each step of a purge, so that a changed
//! policy holds for old jobs too.

use crate::{coordinator::Coordinator, error::Result, work::Principal};
use esteira_model::{AccountId, DataClass, Time};
use esteira_store::{Retention, Tree};
use hashbrown::HashMap;
use std::time::Duration;

/// How long jobs are kept where no policy was set; none = for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Real work.
    pub production: Option<Duration>,
    /// Quality assurance.
    pub qa: Option<Duration>,
    /// Development and trials.
    pub devtest: Option<Duration>,
}

/// Thirty days.
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

impl Default for Keep {
    /// Nobody loses real work who did not ask for it; what is tried out does not fill the disk.
    fn default() -> Self {
        Self { production: None, qa: Some(MONTH), devtest: Some(MONTH) }
    }
}

impl Keep {
    /// Of one data class.
    pub fn of(&self, class: DataClass) -> Option<Duration> {
        match class {
            DataClass::Production => self.production,
            DataClass::Qa => self.qa,
            DataClass::Devtest => self.devtest,
        }
    }
}

/// How long the jobs of a project and data class are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The project.
    pub project: String,
    /// The data class.
    pub data_class: DataClass,
    /// From the end of the job; none = for ever.
    pub keep: Option<Duration>,
    /// Whether nobody set it.
    pub is_default: bool,
}

/// What an operator sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// For so long, in whole seconds.
    Keep(Duration),
    /// Without end.
    KeepForever,
    /// As the coordinators' configuration says.
    UseDefault,
}

/// All policies of a store.
#[derive(Debug)]
pub(crate) struct Policies {
    set: HashMap<(AccountId, String, DataClass), Option<Duration>>,
    keep: Keep,
}

impl Policies {
    pub fn new(set: Vec<Retention>, keep: Keep) -> Self {
        let set = set.into_iter().map(|row| ((row.account, row.project, row.data_class), row.keep)).collect();
        Self { set, keep }
    }

    /// The policy of a project and data class.
    fn of(&self, account: &AccountId, project: &str, data_class: DataClass) -> Policy {
        let set = self.set.get(&(account.clone(), project.to_owned(), data_class));
        Policy {
            project: project.to_owned(),
            data_class,
            keep: set.copied().unwrap_or_else(|| self.keep.of(data_class)),
            is_default: set.is_none(),
        }
    }

    /// Whether a tree is kept no longer. What has not ended is never due.
    pub fn is_due(&self, tree: &Tree, now: Time) -> bool {
        let keep = self.of(&tree.account, &tree.project, tree.data_class).keep;
        keep.zip(tree.end_time).is_some_and(|(keep, ended)| ended.after(keep) < now)
    }
}

impl Coordinator {
    /// The policies in force: of each project that holds a plan or has a policy, all data classes.
    pub async fn list_retention(&self, principal: &Principal) -> Result<Vec<Policy>> {
        let reader = &self.shared.reader;
        let policies = Policies::new(reader.retention().await?, self.shared.keep);
        let projects = reader.projects(&principal.account).await?;
        let of = |project: &String| {
            DataClass::ALL.iter().map(|class| policies.of(&principal.account, project, *class)).collect::<Vec<_>>()
        };
        Ok(projects.iter().flat_map(of).collect())
    }

    /// Sets a policy. It holds from the next step of a purge on.
    pub async fn set_retention(
        &self,
        principal: &Principal,
        project: String,
        data_class: DataClass,
        rule: Rule,
    ) -> Result<Policy> {
        let (account, stored) = (principal.account.clone(), project.clone());
        self.transact(move |unit| {
            Box::pin(async move {
                let keep = match rule {
                    Rule::UseDefault => {
                        return Ok(unit.forget_retention(&account, &stored, data_class).await.map(drop)?);
                    }
                    Rule::Keep(keep) => Some(keep),
                    Rule::KeepForever => None,
                };
                Ok(unit.put_retention(&Retention { account, project: stored, data_class, keep }).await?)
            })
        })
        .await?;
        let policies = Policies::new(self.shared.reader.retention().await?, self.shared.keep);
        Ok(policies.of(&principal.account, &project, data_class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::{JobId, Uuid};

    fn tree(project: &str, data_class: DataClass, end_time: Option<i64>) -> Tree {
        Tree {
            root: JobId(Uuid::default()),
            account: AccountId::new("acme"),
            project: project.into(),
            data_class,
            end_time: end_time.map(Time),
        }
    }

    #[test]
    fn a_policy_goes_before_the_default() {
        let set = |account: &str, data_class, keep: Option<u64>| Retention {
            account: AccountId::new(account),
            project: "sales".into(),
            data_class,
            keep: keep.map(Duration::from_micros),
        };
        let keep = Keep { production: None, qa: Some(Duration::from_micros(5)), devtest: Some(Duration::ZERO) };
        let rows = vec![
            set("acme", DataClass::Qa, None),
            set("acme", DataClass::Production, Some(3)),
            set("other", DataClass::Devtest, None),
        ];
        let policies = Policies::new(rows, keep);
        for (project, class, ended, now, due) in [
            ("sales", DataClass::Qa, Some(0), i64::MAX, false),
            ("sales", DataClass::Production, Some(0), 3, false),
            ("sales", DataClass::Production, Some(0), 4, true),
            ("sales", DataClass::Production, None, i64::MAX, false),
            ("sales", DataClass::Devtest, Some(0), 1, true),
            ("default", DataClass::Qa, Some(10), 15, false),
            ("default", DataClass::Qa, Some(10), 16, true),
            ("default", DataClass::Production, Some(0), i64::MAX, false),
        ] {
            assert_eq!(policies.is_due(&tree(project, class, ended), Time(now)), due, "{project} {class:?} {ended:?}");
        }
    }

    #[test]
    fn real_work_is_kept_by_default() {
        let keep = Keep::default();
        assert_eq!(
            DataClass::ALL.iter().filter(|class| keep.of(**class).is_none()).collect::<Vec<_>>(),
            [&DataClass::Production]
        );
    }
}
