//! Records of operators' calls of which the log says nothing: somebody wrote them in.

use super::{
    report::{Flaw, Report},
    store::Cursor,
};
use crate::{audit, coordinator::Coordinator, error::Result};
use esteira_ledger::{Failing, Verdict};
use esteira_model::{AuditRecord, PageId};
use esteira_store::{Kind, LedgerPage};
use hashbrown::HashMap;
use std::collections::BTreeSet;

/// Records that are read at once.
const RECORDS: usize = 500;

impl Coordinator {
    /// Each record points to a leaf that says what it says. Whether leaves point back is looked at where the log is walked.
    pub(super) async fn records_step(&self, after: i64, report: &mut Report) -> Result<Cursor> {
        let reader = &*self.shared.reader;
        let records = match reader.audit_records_behind(after, RECORDS).await {
            Err(error) if error.kind() == Kind::Defect => {
                report.flaw(flaw("record", Verdict::MismatchLeaf, Failing::Rows));
                return Ok(Cursor::Checkpoints);
            }
            found => found?,
        };
        let Some(last) = records.last() else { return Ok(Cursor::Checkpoints) };
        let next = Cursor::Records { after: last.id };
        let pages: BTreeSet<PageId> = records.iter().filter_map(|record| Some(record.leaf_at?.page)).collect();
        let pages: Vec<PageId> = pages.into_iter().collect();
        let pages = reader.ledger_pages(&pages).await?;
        let pages: HashMap<PageId, LedgerPage> = pages.into_iter().map(|page| (page.id, page)).collect();
        for record in &records {
            if !is_recorded(record, &pages) {
                report.flaw(flaw(&format!("record {}", record.id), Verdict::Unknown, Failing::Leaf));
            }
        }
        Ok(next)
    }
}

fn is_recorded(record: &AuditRecord, pages: &HashMap<PageId, LedgerPage>) -> bool {
    let leaf = record.leaf_at.and_then(|at| pages.get(&at.page)?.iter().nth(at.ordinal as usize));
    leaf.is_some_and(|leaf| audit::leaf(record).encode().is_ok_and(|made| made == leaf))
}

fn flaw(about: &str, verdict: Verdict, failing: Failing) -> Flaw {
    Flaw { index: None, job: None, about: about.to_owned(), verdict, failing }
}
