//! How long attempts waited and ran, and what they used.

use super::report::{Range, Sample, Scope, holds};
use crate::{coordinator::Coordinator, error::Result, work::Principal};
use esteira_store::Filter;
use hashbrown::HashMap;
use std::{cmp::Reverse, time::Duration};

/// By what attempts are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// By plan.
    Plan,
    /// By step.
    Step,
    /// By version of the function.
    FunctionVersion,
    /// By worker.
    Worker,
}

/// Percentiles, of nearest rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// Half took at most this.
    pub p50: Duration,
    /// Nine of ten.
    pub p90: Duration,
    /// 99 of 100.
    pub p99: Duration,
    /// All.
    pub max: Duration,
}

impl Spread {
    fn of(times: &mut [Duration]) -> Option<Self> {
        times.sort_unstable();
        let max = *times.last()?;
        let rank = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self { p50: rank(50), p90: rank(90), p99: rank(99), max })
    }
}

/// Attempts that are put together. What they are not put together by is "".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PerformanceRow {
    /// The plan.
    pub plan_name: String,
    /// The step.
    pub step_key: String,
    /// The version of the function.
    pub function_version: String,
    /// The worker.
    pub worker_id: String,
    /// How many.
    pub attempts: u64,
    /// How many of them failed.
    pub failures: u64,
    /// From grant to end.
    pub run: Option<Spread>,
    /// From when the task came to be to its first grant.
    pub wait: Option<Spread>,
    /// Processor time in all.
    pub cpu_time: Duration,
    /// The largest.
    pub peak_rss_bytes: i64,
    /// In all.
    pub bytes_read: i64,
    /// In all.
    pub bytes_written: i64,
}

#[derive(Default)]
struct Sum {
    row: PerformanceRow,
    runs: Vec<Duration>,
    waits: Vec<Duration>,
}

impl Sum {
    fn add(&mut self, sample: &Sample) {
        let attempt = &sample.sample.attempt;
        let row = &mut self.row;
        row.attempts += 1;
        row.failures += u64::from(attempt.failure.is_some());
        row.cpu_time += attempt.usage.cpu_time;
        row.peak_rss_bytes = row.peak_rss_bytes.max(attempt.usage.peak_rss_bytes);
        row.bytes_read = row.bytes_read.saturating_add(attempt.usage.bytes_read);
        row.bytes_written = row.bytes_written.saturating_add(attempt.usage.bytes_written);
        self.runs.push(attempt.end_time.since(attempt.start_time));
        if attempt.number == 1 {
            self.waits.push(attempt.start_time.since(sample.sample.create_time));
        }
    }

    /// The row, and the time that all of it ran.
    fn close(mut self) -> (Duration, PerformanceRow) {
        let ran = self.runs.iter().sum();
        self.row.run = Spread::of(&mut self.runs);
        self.row.wait = Spread::of(&mut self.waits);
        (ran, self.row)
    }
}

impl Coordinator {
    /// Attempts of a range, put together; those that ran longest in all first. With all rows as one.
    pub async fn report_performance(
        &self,
        principal: &Principal,
        range: &Range,
        groups: &[Group],
        filter: &Filter,
    ) -> Result<(Vec<PerformanceRow>, PerformanceRow, Scope)> {
        let (samples, scope) = self.samples(principal, range).await?;
        let (mut sums, mut total): (HashMap<[String; 4], Sum>, _) = (HashMap::new(), Sum::default());
        for sample in &samples {
            let attempt = &sample.sample.attempt;
            let names = [sample.plan_name(), sample.step_key(), &attempt.function_version, &attempt.worker_id];
            let asked = holds(filter, |column| match column {
                "plan_name" => Some(names[0]),
                "step_key" => Some(names[1]),
                "function_version" => Some(names[2]),
                "worker_id" => Some(names[3]),
                _ => None,
            });
            if !asked {
                continue;
            }
            let by = [Group::Plan, Group::Step, Group::FunctionVersion, Group::Worker];
            let key: [String; 4] =
                std::array::from_fn(|i| if groups.contains(&by[i]) { names[i].to_owned() } else { String::new() });
            sums.entry(key).or_default().add(sample);
            total.add(sample);
        }
        let mut rows: Vec<(Duration, PerformanceRow)> = Vec::with_capacity(sums.len());
        for ([plan_name, step_key, function_version, worker_id], sum) in sums {
            let (ran, row) = sum.close();
            rows.push((ran, PerformanceRow { plan_name, step_key, function_version, worker_id, ..row }));
        }
        rows.sort_by(|(ran, a), (other, b)| {
            let names = |row: &PerformanceRow| {
                (row.plan_name.clone(), row.step_key.clone(), row.function_version.clone(), row.worker_id.clone())
            };
            Reverse(ran).cmp(&Reverse(other)).then_with(|| names(a).cmp(&names(b)))
        });
        Ok((rows.into_iter().map(|(_, row)| row).collect(), total.close().1, scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_nearest_rank() {
        let micros = |spread: Spread| [spread.p50, spread.p90, spread.p99, spread.max].map(|time| time.as_micros());
        let of = |longest: u64, count: u64| {
            let mut times: Vec<_> = (0..count).map(|less| Duration::from_micros(longest - less)).collect();
            Spread::of(&mut times).map(micros)
        };
        assert_eq!(of(7, 0), None);
        assert_eq!(of(7, 1), Some([7, 7, 7, 7]));
        assert_eq!(of(10, 10), Some([5, 9, 10, 10]));
        assert_eq!(of(1_000, 1_000), Some([500, 900, 990, 1_000]));
    }
}
