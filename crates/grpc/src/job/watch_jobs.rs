//! WatchJobs: a snapshot, then each change, until all jobs have ended.

use super::{
    task_view::Tasks,
    view::{read_job, read_version, view_job},
};
use crate::{
    convert::{at::At, check, payload::Bodies, time},
    edge::{Edge, refused},
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1::{self, watch_jobs_response::Item};
use esteira_coordinator::{Compiled, Reason, audit::Deed, hub::Change};
use esteira_model::{Job, JobId, TaskId, limits};
use esteira_store::{Filter, Page};
use futures::{
    StreamExt,
    stream::{self, BoxStream, SelectAll},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use tokio_stream::{Stream, wrappers::BroadcastStream};
use tonic::Status;

/// How long the stream is silent at most.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How often a job is read again while another coordinator works on it.
const READ_AGAIN: Duration = Duration::from_millis(250);
/// Tasks that are read at once when a reader was too slow.
const PAGE: usize = 100;

type Messages = Pin<Box<dyn Stream<Item = Result<v1::WatchJobsResponse, Status>> + Send>>;

/// What the hub tells of one job.
enum News {
    Changed(Change),
    /// Changes were missed: everything must be read again.
    Lagged,
    /// There will be no more.
    Closed,
}

/// A watched job that has not ended.
struct Watched {
    job: Job,
    compiled: Arc<Compiled>,
}

/// One stream. Dropping it, as a client that goes away does, frees everything.
struct Watch {
    edge: Arc<Edge>,
    caller: Arc<Caller>,
    news: SelectAll<BoxStream<'static, (JobId, News)>>,
    open: BTreeMap<JobId, Watched>,
    ready: VecDeque<Item>,
    /// Jobs whose tasks are all sent again, with the page to go on with.
    resync: VecDeque<(JobId, Option<Vec<u8>>)>,
    /// Jobs of which another coordinator may have committed something, and when they are read next.
    stale: BTreeSet<JobId>,
    read_next: Instant,
    over: bool,
}

pub async fn watch_jobs(
    edge: Arc<Edge>,
    caller: Arc<Caller>,
    deed: Arc<Deed>,
    request: v1::WatchJobsRequest,
) -> Answer<Messages> {
    let at = At::Top("job_ids");
    check::count(request.job_ids.len(), at, 1, limits::BATCH_MAX)?;
    let mut ids: Vec<JobId> = Vec::with_capacity(request.job_ids.len());
    for (index, id) in request.job_ids.iter().enumerate() {
        let id = check::id(id, at.index(index))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    deed.on(format!("jobs/{}", ids.iter().map(JobId::to_string).collect::<Vec<_>>().join(",")));
    let mut watch = Watch {
        news: ids.iter().map(|id| listen(&edge, *id)).collect(),
        edge,
        caller,
        open: BTreeMap::new(),
        ready: VecDeque::new(),
        resync: VecDeque::new(),
        stale: BTreeSet::new(),
        read_next: Instant::now(),
        over: false,
    };
    for id in ids {
        watch.snapshot(id).await?;
    }
    // Whatever the stream will show, texts of failures among it: one record, before the first message.
    watch.edge.reveal(&deed).await?;
    Ok(Box::pin(stream::unfold(watch, |mut watch| async move { watch.next().await.map(|message| (message, watch)) })))
}

fn listen(edge: &Edge, id: JobId) -> BoxStream<'static, (JobId, News)> {
    let changes = BroadcastStream::new(edge.coordinator.hub().listen(id));
    let news = changes.map(move |change| (id, change.map_or(News::Lagged, News::Changed)));
    news.chain(stream::iter([(id, News::Closed)])).boxed()
}

impl Watch {
    async fn next(&mut self) -> Option<Result<v1::WatchJobsResponse, Status>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(v1::WatchJobsResponse { item: Some(item) }));
            }
            if self.over {
                return None;
            }
            if let Err(refusal) = self.look().await {
                self.over = true;
                return Some(Err(refused(refusal)));
            }
        }
    }

    /// Makes the next items ready, or ends the stream.
    async fn look(&mut self) -> Answer<()> {
        if let Some((id, after)) = self.resync.pop_front() {
            return self.send_page(id, after).await;
        }
        if self.open.is_empty() {
            self.over = true;
            return Ok(());
        }
        let drain = self.edge.drain.clone();
        tokio::select! {
            biased;
            () = drain.cancelled() => Err(Refusal::new(Reason::StoreUnavailable, "the coordinator is stopping: watch again")),
            news = self.news.next() => match news {
                Some((id, news)) => self.hear(id, news).await,
                None => {
                    self.over = true;
                    Ok(())
                }
            },
            () = tokio::time::sleep_until(self.read_next), if !self.stale.is_empty() => {
                self.read_next = Instant::now() + READ_AGAIN;
                self.resync.extend(std::mem::take(&mut self.stale).into_iter().map(|id| (id, None)));
                Ok(())
            }
            () = tokio::time::sleep(KEEPALIVE) => {
                self.ready.push_back(Item::Keepalive(time::instant_out(self.edge.now())));
                Ok(())
            }
        }
    }

    async fn hear(&mut self, id: JobId, news: News) -> Answer<()> {
        if !self.open.contains_key(&id) {
            return Ok(());
        }
        match news {
            News::Changed(Change::Task(task)) => self.send_task(id, task).await,
            News::Changed(Change::Job) => self.snapshot(id).await,
            News::Changed(Change::JobEnded) | News::Closed => {
                self.snapshot(id).await?;
                self.open.remove(&id);
                Ok(())
            }
            News::Changed(Change::Elsewhere) => {
                self.stale.insert(id);
                Ok(())
            }
            News::Lagged => {
                self.resync.push_back((id, None));
                self.snapshot(id).await
            }
        }
    }

    /// The job as it is now.
    async fn snapshot(&mut self, id: JobId) -> Answer<()> {
        let job = read_job(&self.edge, &self.caller, id).await?;
        let compiled = read_version(&self.edge, &self.caller, &job).await?;
        self.ready.push_back(Item::Job(view_job(&self.edge, &self.caller, &job, Bodies::Omitted).await?));
        // One that ended before the stream began has no news; of others, their end is the last.
        if !job.state.is_terminal() || self.open.contains_key(&id) {
            self.open.insert(id, Watched { job, compiled });
        }
        Ok(())
    }

    async fn send_task(&mut self, id: JobId, task: TaskId) -> Answer<()> {
        let Some(Watched { job, compiled }) = self.open.get(&id) else { return Ok(()) };
        let tasks = Tasks { edge: &self.edge, caller: &self.caller, job, compiled, bodies: Bodies::Omitted };
        let task = tasks.find(task).await?;
        self.ready.push_back(Item::Task(task));
        Ok(())
    }

    /// A page of all tasks of a job whose changes were missed.
    async fn send_page(&mut self, id: JobId, after: Option<Vec<u8>>) -> Answer<()> {
        let Some(Watched { job, compiled }) = self.open.get(&id) else { return Ok(()) };
        let page = Page { size: PAGE, after };
        let found = self.edge.coordinator.reader().list_tasks(id, &Filter::default(), &page).await?;
        let tasks = Tasks { edge: &self.edge, caller: &self.caller, job, compiled, bodies: Bodies::Omitted };
        for record in &found.rows {
            let task = tasks.view(record).await?;
            self.ready.push_back(Item::Task(task));
        }
        match found.next {
            Some(next) => self.resync.push_back((id, Some(next))),
            None => self.end_page(id).await?,
        }
        Ok(())
    }

    /// Behind its tasks the job itself: what another coordinator committed may have been its end.
    async fn end_page(&mut self, id: JobId) -> Answer<()> {
        self.snapshot(id).await?;
        if self.open.get(&id).is_some_and(|watched| watched.job.state.is_terminal()) {
            self.open.remove(&id);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "watch_jobs_tests.rs"]
mod tests;
