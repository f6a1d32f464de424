//! The leaf of a record: what the ledger keeps of it for ever (docs/provenance.md, OperatorActed).

use crate::error::{Error, Reason, Result};
use esteira_engine::Entropy;
use esteira_ledger::{
    Hash, Hashes, Leaf, Salt,
    codes::Decision,
    kinds::{Operator, OperatorActed},
    text_commitment,
};
use esteira_model::{self as model, AuditRecord, LeafAt, PageId, time::micros};
use esteira_store::LedgerPage;

/// The leaf of a record; the same whenever it is made again from its row.
pub fn leaf(record: &AuditRecord) -> Leaf<'_> {
    let salt = Salt(record.salt);
    let committed = |text: &str| (!text.is_empty()).then(|| text_commitment(&salt, &[text]));
    Leaf::from(OperatorActed {
        account: record.account.as_str(),
        operator: Operator { user: &record.user_id, account: record.account.as_str(), on_behalf_of: "" },
        credential: &record.credential_id,
        action: &record.action,
        resource: &record.resource,
        reason: committed(&record.reason),
        // Of a request that nobody read.
        request_digest: Hash(record.request_digest.unwrap_or_default()),
        decision: match record.decision {
            model::Decision::Allowed => Decision::Allowed,
            model::Decision::Denied => Decision::Denied,
        },
        result: &record.result,
        start_time: record.start_time,
        latency_micros: micros(record.latency).unsigned_abs(),
        client_address: committed(&record.client_address),
        parents: Hashes::of(&[]),
    })
}

/// Puts the leaf of a record on the last page, or on a new one when that is full, and its address into the record.
pub(crate) fn append(record: &mut AuditRecord, pages: &mut Vec<LedgerPage>, ids: &mut dyn Entropy) -> Result<()> {
    if pages.last().is_none_or(LedgerPage::is_full) {
        pages.push(LedgerPage::new(PageId(ids.sequence())));
    }
    let page = pages.last_mut().expect("a page was pushed");
    let ordinal = page
        .push(|out| leaf(record).encode_into(out))
        .map_err(|error| Error::new(Reason::Internal, format!("the leaf of a record cannot be made: {error}")))?;
    record.leaf_at = Some(LeafAt { page: page.id, ordinal });
    Ok(())
}
