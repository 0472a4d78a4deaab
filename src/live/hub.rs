//! The hub of a node: reads the log once for all subscriptions and hands each change to those it concerns.
//!
//! One task does all of it, one batch of changes after the other, so that what a subscriber is sent is in the order of
//! the log. A subscriber joins at a place of the log, under the same lock under which a batch is matched: what comes
//! behind that place the hub sends, what comes before it the subscriber has read by itself.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use entity::database::DbError;
use entity::model::Model;
use tokio::sync::{Notify, OnceCell, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::count_task::CountsDue;
use super::drafts::{Drafter, heartbeat};
use super::encode::{Loader, encode};
use super::index::Index;
use super::lane::{self, Lanes};
use super::matching::{GroupWork, Work};
use super::policies::Policies;
use super::seat::{Bound, Subscriber, Topic};
use super::selection::Shelf;
use super::types::STREAM_HEARTBEAT;
use super::{LiveParts, LiveSettings, documents};
use crate::access::Access;
use crate::changes::{ChangeLog, Cursor, LogError};
use crate::clock::SharedClock;

/// Changes read at a time.
const BATCH: u32 = 1_000;
/// How long a batch is waited for before the next one is read.
const QUICK: Duration = Duration::from_millis(50);
/// The log is looked at this often, whether or not anybody says that there is something new.
const PERIOD: Duration = Duration::from_secs(1);
/// Heartbeats are spread over their period in so many steps.
const STEPS: u32 = 20;
/// How long to wait before the database is asked again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// Rights are checked this often although nobody has said that they have changed: sessions run out by themselves.
const CHECKED: Duration = Duration::from_secs(30);
/// The same while nobody could say so.
const CHECKED_BLIND: Duration = Duration::from_secs(5);
/// How long the hub reads on for nobody.
const LINGER: Duration = Duration::from_secs(5);
/// How often rows that take too long are asked for again.
const PATIENCE: u32 = 3;

/// The hub.
pub(super) struct Hub {
    pub(super) loader: Loader,
    pub(super) log: Arc<ChangeLog>,
    pub(super) access: Arc<Access>,
    pub(super) clock: SharedClock,
    pub(super) model: &'static Model,
    pub(super) settings: LiveSettings,
    pub(super) shelf: Shelf,
    pub(super) moments: super::moments::Moments,
    lanes: Arc<Lanes>,
    policies: OnceCell<Policies>,
    next: AtomicU64,
    state: Mutex<State>,
    /// Whether the hub has a place in the log.
    is_ready: watch::Sender<bool>,
    wake: Notify,
    is_running: AtomicBool,
}

/// Work that is not done. Should it panic, its subscribers are told where to go on.
struct Unserved(Option<GroupWork>);

impl Drop for Unserved {
    fn drop(&mut self) {
        if let Some(work) = &self.0 {
            work.to.iter().flatten().for_each(|(subscriber, _)| subscriber.skip());
        }
    }
}

/// What is matched and joined under one lock.
#[derive(Default)]
pub(super) struct State {
    pub(super) index: Index,
    /// Everything up to here was matched.
    pub(super) place: Option<Cursor>,
    /// Subscribers that have read further by themselves than the hub, or whose query has.
    ahead: Vec<Arc<Subscriber>>,
    /// Tenants whose counts may have changed.
    pub(super) stirred: HashSet<Uuid>,
    /// Tenants with subscribers who have not been told the counts yet.
    pub(super) newcomers: HashSet<Uuid>,
}

impl Hub {
    pub(super) fn new(parts: LiveParts) -> Self {
        let LiveParts { database, log, access, clock, model, lent, settings } = parts;
        Self {
            loader: Loader::new(database, lent),
            log,
            access,
            clock,
            model,
            settings,
            shelf: Shelf::new(model),
            moments: super::moments::Moments::default(),
            lanes: Arc::default(),
            policies: OnceCell::new(),
            next: AtomicU64::new(1),
            state: Mutex::default(),
            is_ready: watch::Sender::new(false),
            wake: Notify::new(),
            is_running: AtomicBool::new(false),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policies of the database, read once.
    pub(super) async fn policies(&self) -> Result<&Policies, DbError> {
        self.policies.get_or_try_init(|| Policies::read(&self.loader.database, self.model)).await
    }

    pub(super) fn drafter<'h>(&self, policies: &'h Policies) -> Drafter<'h> {
        Drafter { model: self.model, policies }
    }

    pub(super) const fn bound(&self) -> Bound {
        Bound { events: self.settings.buffer_events, bytes: self.settings.buffer_bytes }
    }

    pub(super) fn new_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Lets a subscriber join at the hub's place, or at its own when that is further; says which place the hub has.
    pub(super) async fn join(
        self: &Arc<Self>,
        tenant: Uuid,
        subscriber: &Arc<Subscriber>,
        own: Option<&Cursor>,
    ) -> Cursor {
        loop {
            self.run();
            let mut ready = self.is_ready.subscribe();
            // The sender lives as long as the hub.
            let _ = ready.wait_for(|is_ready| *is_ready).await;
            let mut state = self.lock();
            // It may have gone to rest just now.
            let Some(place) = state.place.clone() else { continue };
            if let Some(own) = own {
                subscriber.seat().from = Some(own.clone());
                state.ahead.push(Arc::clone(subscriber));
            }
            state.index.add(tenant, subscriber);
            if matches!(subscriber.topic, Topic::Inbox(_)) {
                state.newcomers.insert(tenant);
            }
            drop(state);
            self.wake.notify_one();
            return place;
        }
    }

    /// A subscriber leaves.
    pub(super) fn leave(&self, tenant: Uuid, subscriber: &Subscriber) {
        let mut state = self.lock();
        state.index.remove(tenant, subscriber);
        state.ahead.retain(|known| known.id != subscriber.id);
    }

    /// How many subscriptions there are.
    pub(super) fn subscriptions(&self) -> usize {
        self.lock().index.len()
    }

    /// Ends all subscriptions.
    fn fail_all(&self, code: &str, message: &str) {
        let all: Vec<_> = self.lock().index.all().cloned().collect();
        all.iter().for_each(|subscriber| subscriber.fail(code, message));
    }

    /// Starts the task unless it runs.
    fn run(self: &Arc<Self>) {
        if !self.is_running.swap(true, Ordering::AcqRel) {
            tokio::spawn(run(Arc::downgrade(self)));
        }
    }

    /// Nobody subscribes, so the place is given up; the next subscriber starts the hub anew.
    fn rest(&self) -> bool {
        let mut state = self.lock();
        if state.index.len() > 0 {
            return false;
        }
        state.place = None;
        self.is_ready.send_replace(false);
        self.is_running.store(false, Ordering::Release);
        true
    }

    async fn start(&self) -> Result<(), LogError> {
        self.policies().await?;
        let head = self.log.head().await?;
        self.lock().place = Some(head);
        self.is_ready.send_replace(true);
        Ok(())
    }

    /// Reads what is new and hands it on, until nothing is left.
    async fn turn(self: &Arc<Self>) -> Result<(), LogError> {
        let Some(mut place) = self.lock().place.clone() else { return Ok(()) };
        let policies = self.policies().await?;
        loop {
            let page = self.log.tail(&place, BATCH).await?;
            let mut work = Work::default();
            {
                let mut state = self.lock();
                let drafter = self.drafter(policies);
                for change in &page.changes {
                    work.add(drafter, &state.index, change);
                    if change.entity == "conversation" {
                        state.stirred.insert(change.tenant);
                    }
                }
                state.ahead.retain(|subscriber| {
                    let mut seat = subscriber.seat();
                    let Some(from) = &seat.from else { return false };
                    let moved = page.changes.iter().fold(from.clone(), |from, change| {
                        if from.position() < (change.round.id, change.seq) { from.moved_to(change) } else { from }
                    });
                    let is_done = moved.is_plain() && moved.position() <= page.end.position();
                    seat.from = if is_done { None } else { Some(moved) };
                    seat.from.is_some()
                });
                state.place = Some(page.end.clone());
            }
            self.deliver(work).await;
            place = page.end;
            if !page.has_more {
                return Ok(());
            }
        }
    }

    /// Sends the work of a batch. Groups are served side by side, each in the order of the log; who is quick is waited
    /// for, so that what comes next finds the database free.
    async fn deliver(self: &Arc<Self>, work: Work) {
        let (done, mut all_done) = tokio::sync::mpsc::channel::<()>(1);
        for work in work.into_groups() {
            if work.group.lane.is_full() {
                work.to.iter().flatten().for_each(|(subscriber, _)| subscriber.skip());
                continue;
            }
            let (hub, group, done) = (Arc::clone(self), Arc::clone(&work.group), done.clone());
            lane::run(Arc::clone(&self.lanes), &group, async move {
                let mut unserved = Unserved(Some(work));
                if let Some(work) = &unserved.0 {
                    hub.serve(work).await;
                }
                unserved.0 = None;
                drop(done);
            });
        }
        drop(done);
        // Nothing is ever sent: it ends when all have dropped their side.
        let _ = tokio::time::timeout(QUICK, all_done.recv()).await;
    }

    async fn serve(&self, work: &GroupWork) {
        let viewers: Vec<Vec<_>> = work.to.iter().map(|to| to.iter().map(|(_, viewer)| viewer).collect()).collect();
        let (mut pause, mut slow) = (PAUSES.0, 0);
        let encoded = loop {
            match encode(&self.loader, &work.group, &work.drafts, &viewers).await {
                Ok(encoded) => break encoded,
                Err(DbError::TimedOut) if slow + 1 < PATIENCE => slow += 1,
                // Nothing is lost: the batch waits for the database.
                Err(DbError::Unavailable(_) | DbError::Conflict) => {}
                Err(error) => {
                    let (code, message) = entity::roots::code_and_sentence(&error);
                    tracing::error!(target: "mostrador::live", code, reason = ?error, "events could not be loaded");
                    let all: HashMap<u64, &Arc<Subscriber>> =
                        work.to.iter().flatten().map(|(subscriber, _)| (subscriber.id, subscriber)).collect();
                    all.into_values().for_each(|subscriber| subscriber.fail(code, message));
                    return;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        };
        for (draft, (event, to)) in work.drafts.iter().zip(&work.to).enumerate() {
            for (subscriber, viewer) in to {
                if let Some(document) = encoded.get(draft, viewer.user) {
                    subscriber.push(document.clone(), &event.cursor, self.bound());
                }
            }
        }
    }

    /// Gives signs of life to the subscribers of one step.
    fn beat(&self, step: u32) {
        let state = self.lock();
        let Some(place) = &state.place else { return };
        let cursor: Arc<str> = place.to_string().into();
        let event = heartbeat(&cursor, self.clock.now());
        let mut written: HashMap<u64, Bytes> = HashMap::new();
        for subscriber in state.index.all().filter(|subscriber| subscriber.id % u64::from(STEPS) == u64::from(step)) {
            let seat = subscriber.seat();
            let is_due = seat.is_open()
                && seat.is_empty()
                && seat.from.is_none()
                && seat.group.lane.is_clear()
                && seat.group.plan.events.selects(&STREAM_HEARTBEAT);
            if is_due {
                let document = written.entry(seat.group.id).or_insert_with(|| documents::of_event(&seat.group, &event));
                let document = document.clone();
                drop(seat);
                subscriber.push(document, &cursor, self.bound());
            }
        }
    }
}

/// The hub's task: ends with the hub, and when nobody subscribes.
async fn run(hub: Weak<Hub>) {
    let guard = Guard(hub);
    let Some((mut rounds, mut rights)) = guard.hub().map(|hub| (hub.log.rounds(), hub.access.changes())) else {
        return;
    };
    let mut pause = PAUSES.0;
    loop {
        let Some(hub) = guard.hub() else { return };
        match hub.start().await {
            Ok(()) => break,
            Err(error) => tracing::warn!(target: "mostrador::live", %error, "the change log cannot be read yet"),
        }
        drop(hub);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
    let mut task = Task::begin();
    loop {
        let Some(hub) = guard.hub() else { return };
        // The hub lives on for the moment between two looks at the log.
        tokio::select! {
            () = hub.wake.notified() => {}
            _ = rounds.changed() => {}
            _ = rights.changed() => {}
            () = tokio::time::sleep_until(task.next(&hub)) => {}
        }
        rounds.mark_unchanged();
        let generation = *rights.borrow_and_update();
        task.turn(&hub, generation).await;
        if task.is_idle(&hub) && hub.rest() {
            return;
        }
    }
}

/// Makes room for another task should this one panic; whoever subscribes now has to begin anew.
struct Guard(Weak<Hub>);

impl Guard {
    fn hub(&self) -> Option<Arc<Hub>> {
        self.0.upgrade()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let (true, Some(hub)) = (std::thread::panicking(), self.hub()) {
            hub.fail_all("INTERNAL", "Something went wrong on our side; subscribe again behind your last cursor.");
            hub.lock().place = None;
            hub.is_ready.send_replace(false);
            hub.is_running.store(false, Ordering::Release);
        }
    }
}

/// What the task keeps between its turns.
struct Task {
    beat_at: Instant,
    step: u32,
    checked_at: Instant,
    /// The rights that were checked last.
    generation: Option<u64>,
    busy_at: Instant,
    looked_at: Instant,
    counts: CountsDue,
}

impl Task {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            beat_at: now,
            step: 0,
            checked_at: now,
            generation: None,
            busy_at: now,
            looked_at: now,
            counts: CountsDue::default(),
        }
    }

    /// When there is something to do, should nobody say so before.
    fn next(&self, hub: &Hub) -> Instant {
        let look = self.looked_at + PERIOD;
        let beat = self.beat_at + hub.settings.heartbeat / STEPS;
        let counts = self.counts.next(hub).unwrap_or(look);
        look.min(beat).min(counts)
    }

    async fn turn(&mut self, hub: &Arc<Hub>, generation: u64) {
        self.looked_at = Instant::now();
        // Before anything is sent, so that nothing that is new goes to whom it may not go any more.
        let age = self.checked_at.elapsed();
        let is_due = age >= CHECKED || !hub.access.is_listening() && age >= CHECKED_BLIND;
        if self.generation != Some(generation) || is_due {
            self.checked_at = Instant::now();
            self.generation = hub.check_rights().await.then_some(generation);
        }
        match hub.turn().await {
            Ok(()) => {}
            Err(LogError::ResyncRequired) => {
                hub.fail_all("RESYNC_REQUIRED", super::RESYNC_REQUIRED);
                // Whoever comes now begins at the place that the log has now.
                if let Err(error) = hub.start().await {
                    tracing::warn!(target: "mostrador::live", %error, "the change log cannot be read");
                }
            }
            Err(error) => tracing::warn!(target: "mostrador::live", %error, "the change log cannot be read"),
        }
        self.counts.tell(hub).await;
        let step = hub.settings.heartbeat / STEPS;
        while self.beat_at.elapsed() >= step {
            self.beat_at += step;
            self.step = (self.step + 1) % STEPS;
            hub.beat(self.step);
            hub.moments.forget();
            if self.step == 0 {
                hub.shelf.sweep();
            }
        }
    }

    /// Whether nobody has subscribed for a while.
    fn is_idle(&mut self, hub: &Hub) -> bool {
        if hub.subscriptions() > 0 {
            self.busy_at = Instant::now();
        }
        self.busy_at.elapsed() >= LINGER
    }
}
