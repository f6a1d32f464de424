//! What the three reports share: their range, their pages, and what is said of what was looked at.

use crate::{
    convert::{at::At, check, enums, time},
    edge::Edge,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    Reason,
    audit::{Range, Scope},
};
use esteira_model::{DataClass, Time, time::micros};
use std::{ops::Range as Rows, time::Duration};

/// The time of a report that names none.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// One page of a report. Its token holds the end of the range, so that the pages of one report are about one time.
pub struct Asked<'a> {
    pub range: Range,
    list: List<'a>,
    first: usize,
    size: usize,
}

/// What a page is asked by.
pub struct Ask<'a> {
    pub rpc: &'static str,
    pub range: Option<v1::ReportRange>,
    /// The request's range and groups, as text.
    pub within: &'a str,
    pub filter: &'a str,
    pub page_size: i32,
    pub page_token: &'a str,
}

impl<'a> Asked<'a> {
    pub fn read(edge: &Edge, caller: &'a Caller, ask: Ask<'a>) -> Answer<Self> {
        let Ask { rpc, range, within, filter, page_size, page_token } = ask;
        let list = List { rpc, principal: &caller.principal, within, filter };
        let page = edge.pages.page(&list, page_size, page_token)?;
        let mut range = read_range(range.unwrap_or_default(), edge.now())?;
        let mut first = 0;
        if let Some(cursor) = page.after {
            let cursor: [u8; 16] = cursor
                .try_into()
                .map_err(|_| Refusal::new(Reason::PageTokenInvalid, "the token is not of a page of a report"))?;
            let cursor = u128::from_be_bytes(cursor);
            let end = Time((cursor >> 64) as i64);
            // A range that ends now ended then.
            range.start = Time(range.start.0.min(end.0));
            range.end = end;
            first = cursor as u64 as usize;
        }
        Ok(Self { range, list, first, size: page.size })
    }

    /// Which of so many rows are on this page, and the token of the next.
    pub fn page(&self, edge: &Edge, rows: usize) -> (Rows<usize>, String) {
        let begin = self.first.min(rows);
        let end = (begin + self.size).min(rows);
        let cursor = (self.range.end.0 as u64 as u128) << 64 | end as u128;
        let next = (end < rows).then(|| cursor.to_be_bytes());
        (begin..end, edge.pages.next(&self.list, next.as_ref().map(|next| next.as_slice())))
    }
}

fn read_range(range: v1::ReportRange, now: Time) -> Answer<Range> {
    let at = At::Top("range");
    let end = time::instant(range.end_time, at.field("end_time"))?.unwrap_or(now);
    let start = time::instant(range.start_time, at.field("start_time"))?.unwrap_or(Time(end.0 - micros(DAY)));
    if start >= end {
        return Err(Refusal::field(at.field("start_time"), "is not before end_time"));
    }
    let mut classes = Vec::new();
    let classes_at = at.field("data_classes");
    for (index, class) in range.data_classes.iter().enumerate() {
        let class = check::required(enums::data_class(*class, classes_at.index(index))?, classes_at.index(index))?;
        if classes.contains(&class) {
            return Err(Refusal::field(classes_at.index(index), "stands there twice"));
        }
        classes.push(class);
    }
    if classes.is_empty() {
        classes.push(DataClass::Production);
    }
    Ok(Range { start, end, classes })
}

/// A count on the wire.
pub fn count_out(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// On the wire.
pub fn scope_out(scope: &Scope) -> v1::ReportScope {
    v1::ReportScope {
        start_time: Some(time::instant_out(scope.start)),
        end_time: Some(time::instant_out(scope.end)),
        records: count_out(scope.records),
        jobs: count_out(scope.jobs),
        attempts: count_out(scope.attempts),
        other_class_jobs: count_out(scope.other_class_jobs),
        complete: scope.complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(range: v1::ReportRange) -> Result<Range, String> {
        read_range(range, Time(micros(DAY) * 20)).map_err(|refusal| refusal.field)
    }

    #[test]
    fn a_range_is_a_day_of_production_unless_it_says_otherwise() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let day = micros(DAY);
        let production = vec![DataClass::Production];
        let expected = Range { start: Time(day * 19), end: Time(day * 20), classes: production.clone() };
        assert_eq!(field(v1::ReportRange::default()), Ok(expected));
        let until = v1::ReportRange { end_time: at(86_400), ..Default::default() };
        assert_eq!(field(until), Ok(Range { start: Time(0), end: Time(day), classes: production }));
        for (range, wrong) in [
            (v1::ReportRange { start_time: at(7), end_time: at(7), ..Default::default() }, "range.start_time"),
            (v1::ReportRange { data_classes: vec![0], ..Default::default() }, "range.data_classes[0]"),
            (v1::ReportRange { data_classes: vec![1, 77], ..Default::default() }, "range.data_classes[1]"),
            (v1::ReportRange { data_classes: vec![1, 1], ..Default::default() }, "range.data_classes[1]"),
        ] {
            assert_eq!(field(range), Err(wrong.to_owned()));
        }
    }
}
