//! From facts to rows: where each live task goes, and who gets it at once.

use crate::{
    dispatcher::{Demand, Reservation},
    error::Result,
    hub::Change,
    lane::Lane,
    leaves::Attempts,
    round::Round,
};
use esteira_model::{
    Artifact, ArtifactId, Fact, Job, JobId, Payload, Place, Task, TaskId, Time, WaitReason, limits,
    seeded_bug::{self, Bug},
};
use esteira_store::{Hot, Leased, Live, LivePlace, Parked, Queued, Taken};
use hashbrown::HashMap;
use sha2::{Digest, Sha256};

/// The key under which tasks on one aggregate exclude each other (semantic point f).
pub(crate) fn aggregate_key(job: &Job, task: &Task) -> Option<String> {
    let aggregate = task.aggregate.as_ref()?;
    Some(format!("{}|{}|{}", job.account, aggregate.kind, aggregate.id))
}

impl Round<'_> {
    /// Stores bytes that a job was given.
    pub(crate) fn store(&mut self, job: &Job, id: ArtifactId, payload: Payload) {
        let digest: [u8; 32] = Sha256::digest(payload.bytes()).into();
        self.digests.insert(id, digest);
        self.batch.artifacts.push((Artifact { id, job: job.id, data_class: job.data_class, payload }, digest));
    }

    /// Turns the facts of one decision into rows of the batch.
    pub(crate) async fn write_facts(
        &mut self,
        job: &Job,
        facts: Vec<Fact>,
        from: &HashMap<TaskId, (Hot, i64)>,
    ) -> Result<()> {
        let mut attempts = Attempts::default();
        for fact in facts {
            match fact {
                Fact::ArtifactStored(artifact) => {
                    let digest: [u8; 32] = Sha256::digest(artifact.payload.bytes()).into();
                    self.payloads.insert(artifact.id, artifact.payload.clone());
                    self.digests.insert(artifact.id, digest);
                    self.batch.artifacts.push((artifact, digest));
                }
                Fact::TaskTaken(job_id, task) => self.take(job_id, task, from.get(&task).copied()),
                Fact::TaskPlaced(task, place) => {
                    self.note_placed(&task, &mut attempts);
                    self.place(job, *task, place).await?;
                }
                Fact::AttemptEnded(attempt) => {
                    self.batch.attempts.push(*attempt);
                    self.note_attempt(job, &mut attempts);
                }
                Fact::TaskEnded(ended) => {
                    self.told.push((job.id, Change::Task(ended.task.id)));
                    self.release_aggregate(job, &ended.task);
                    if ended.leaf && self.compiled(job).graph.is_line {
                        self.last_outputs.insert(job.id, ended.outputs.clone());
                    }
                    self.batch.ended.push(*ended);
                    self.note_ended(job, &mut attempts);
                }
                Fact::TaskCarried(carried) => self.batch.carried.push(carried),
                Fact::Arrived(arrival) => self.batch.arrivals.push(arrival),
                Fact::Emitted(message) => {
                    self.outbox_topics.insert((message.account.clone(), message.emit.topic.clone()));
                    self.batch.outbox.push(*message);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, job: JobId, task: TaskId, from: Option<(Hot, i64)>) {
        self.moved.push((job, task));
        let (from, fence) = match from {
            Some(from) => from,
            None => {
                // A waiting join that the job's end takes was never asked for: it is parked, with no fence. Perhaps an earlier
                // decision of this round reached it, and it is not in the store yet.
                if let Some(placed) = self.batch.parked.iter().position(|parked| parked.task.id == task) {
                    self.batch.parked.remove(placed);
                    return;
                }
                (Hot::Parked, 0)
            }
        };
        self.batch.taken.push(Taken { job, task, fence, from });
    }

    async fn place(&mut self, job: &Job, mut task: Task, place: Place) -> Result<()> {
        self.told.push((job.id, Change::Task(task.id)));
        let (reason, due) = match place {
            Place::Parked { reason, due } => (reason, due),
            Place::Queue => {
                if !self.take_aggregate(job, &mut task).await? {
                    let behind = aggregate_key(job, &task);
                    self.batch.parked.push(Parked { task, reason: WaitReason::AggregateBusy, due: None, behind });
                    return Ok(());
                }
                self.queue_or_hand_off(job, task);
                return Ok(());
            }
        };
        if let Some(time) = due {
            self.next_due = Some(self.next_due.map_or(time, |before| before.min(time)));
        }
        self.batch.parked.push(Parked { task, reason, due, behind: None });
        Ok(())
    }

    /// Whether the task may go on; an exclusive one takes its aggregate and the aggregate's fence.
    async fn take_aggregate(&mut self, job: &Job, task: &mut Task) -> Result<bool> {
        if !self.compiled(job).graph.node(task.step).step.exclusive_aggregate {
            return Ok(true);
        }
        let Some(key) = aggregate_key(job, task) else { return Ok(true) };
        match self.unit.take_aggregate(&key, job.id, task.id).await? {
            Some(fence) => {
                // The grant adds one: above all fences of the aggregate's earlier holders.
                task.fence = task.fence.max(fence);
                self.unit.fence_aggregate(&key, task.fence + 1).await?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn release_aggregate(&mut self, job: &Job, task: &Task) {
        if self.compiled(job).graph.node(task.step).step.exclusive_aggregate {
            self.released.extend(aggregate_key(job, task).map(|key| (key, task.id)));
        }
    }

    fn queue_or_hand_off(&mut self, job: &Job, task: Task) {
        let compiled = self.compiled(job);
        let lane = Lane::of(job.account.as_str(), compiled.record.plan, compiled.graph.node(task.step));
        let text = lane.to_text();
        let rank = job.priority.saturating_neg();
        // Limits are counted by the claim; a lane with an older task in this very batch has a backlog too.
        let at_once = (self.shared.hand_off && lane.limit.is_none() && !self.backlog.contains(&text))
            .then(|| self.shared.dispatcher.reserve_hand_off(&text, &lane))
            .flatten();
        match at_once {
            Some(reservation) if seeded_bug::now_and_then(Bug::LostHandOff) => self.unused.push(reservation),
            Some(reservation) => {
                self.reserved.push(reservation.clone());
                self.grant(job, task, text, rank, reservation);
            }
            None => {
                self.backlog.insert(text.clone());
                self.filled.insert(text.clone());
                self.batch.queued.push(Queued { task, lane: text, rank });
            }
        }
    }

    /// Gives a task to a poll, in this transaction.
    pub(crate) fn grant(&mut self, job: &Job, mut task: Task, lane: String, rank: i32, reservation: Reservation) {
        let compiled = self.compiled(job);
        let step = &compiled.graph.node(task.step).step;
        let ttl = step.lease_ttl.or(reservation.ttl).unwrap_or(limits::LEASE_TTL_DEFAULT);
        let timeout_time: Option<Time> = step.execution_timeout.map(|timeout| self.now.after(timeout));
        task.attempts += 1;
        task.fence += i64::from(!seeded_bug::is(Bug::FenceStays));
        task.start_time = task.start_time.or(Some(self.now));
        let expire_time = self.now.after(ttl);
        let sooner = timeout_time.map_or(expire_time, |time| time.min(expire_time));
        self.next_due = Some(self.next_due.map_or(sooner, |before| before.min(sooner)));
        let leased = Leased {
            task,
            lane,
            rank,
            worker_id: reservation.poll.worker_id.clone(),
            request_id: reservation.poll.request_id.clone(),
            function_version: reservation.function_version.clone(),
            ttl,
            grant_time: self.now,
            expire_time,
            timeout_time,
        };
        self.told.push((job.id, Change::Task(leased.task.id)));
        self.batch.leased.push(leased.clone());
        self.granted.push((reservation, leased));
    }

    /// A lease that ended leaves room in a lane with a limit, for those who poll at other coordinators too.
    pub(crate) fn make_room(&mut self, before: Option<&Live>) {
        if let Some(LivePlace::Leased(leased)) = before.map(|live| &live.place)
            && Lane::parse(&leased.lane).is_some_and(|lane| lane.limit.is_some())
        {
            self.filled.insert(leased.lane.clone());
        }
    }

    /// Gives tasks that wait in lanes to the polls that wait for them.
    pub(crate) async fn claim(&mut self) -> Result<()> {
        for Demand { text, lane, places, mark } in self.shared.dispatcher.demand() {
            let mut wanted = places.min(CLAIM_MAX);
            let mut limited = false;
            if let Some((_, max)) = &lane.limit {
                let running = self.unit.leases_in_lane(&text).await?;
                let room = (*max as usize).saturating_sub(running);
                limited = room < wanted;
                wanted = wanted.min(room);
            }
            if wanted == 0 {
                continue;
            }
            let mut reservations: Vec<Reservation> =
                (0..wanted).map_while(|_| self.shared.dispatcher.reserve_claimed(&lane)).collect();
            self.reserved.extend(reservations.iter().cloned());
            let claimed = self.unit.claim(&text, reservations.len()).await?;
            if claimed.len() < reservations.len() && !limited {
                self.drained.insert(text.clone(), mark);
            }
            let unused = reservations.split_off(claimed.len());
            self.unused.extend(unused);
            self.load_jobs_to_grant(claimed.iter().map(|claimed| claimed.task.job)).await?;
            for (claimed, reservation) in claimed.into_iter().zip(reservations) {
                if let Some(job) = self.jobs.get(&claimed.task.job).map(|entry| entry.job.clone()) {
                    self.grant(&job, claimed.task, claimed.lane, claimed.rank, reservation);
                }
            }
        }
        Ok(())
    }
}

/// Tasks that one claim takes out of a lane at most.
const CLAIM_MAX: usize = 1_000;
