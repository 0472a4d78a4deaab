//! Rights of running subscriptions, checked again whenever somebody's may have changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Duration;
use entity::database::DbError;
use entity::events::{EventRows, Wanted};
use entity::run::Scope;
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use super::documents;
use super::hub::Hub;
use super::policies::Policies;
use super::seat::Subscriber;
use super::selection::Plan;
use crate::access::{AccessError, Viewer};
use crate::token::Identity;

/// Sessions whose rights are loaded at the same time.
const AT_ONCE: usize = 4;
/// How long a subscription outlives its token. The connection is closed before, where there is one that can be.
const GRACE: Duration = Duration::seconds(60);

/// A session, and the tenant in which it acts.
type Key = (Uuid, Uuid, Uuid, Option<Uuid>);

impl Hub {
    /// Checks everybody's rights. What was remembered of a session costs no statement.
    ///
    /// False when the database could not be asked for all.
    pub(super) async fn check_rights(&self) -> bool {
        let Ok(policies) = self.policies().await else { return false };
        let all: Vec<_> = self.lock().index.all().cloned().collect();
        let mut sessions: HashMap<Key, (Identity, Vec<Arc<Subscriber>>)> = HashMap::new();
        let now = self.clock.now();
        for subscriber in all {
            let identity = (subscriber.who)();
            if identity.expires_at + GRACE <= now {
                subscriber.fail("UNAUTHENTICATED", "The access token has expired and was not renewed.");
                continue;
            }
            let key = (identity.session_id, identity.tenant_id, identity.user_id, identity.home_tenant_id);
            sessions.entry(key).or_insert_with(|| (identity, Vec::new())).1.push(subscriber);
        }
        let is_sure = AtomicBool::new(true);
        stream::iter(sessions.into_values())
            .for_each_concurrent(AT_ONCE, |(identity, subscribers)| {
                let is_sure = &is_sure;
                async move {
                    match self.access.viewer(&identity).await {
                        Ok(viewer) => {
                            for subscriber in &subscribers {
                                match self.check_row(subscriber, &viewer).await {
                                    Ok(()) => self.check(policies, subscriber, &viewer),
                                    Err(_) => is_sure.store(false, Ordering::Relaxed),
                                }
                            }
                        }
                        Err(error @ AccessError::Ended) => {
                            let message = error.to_string();
                            subscribers.iter().for_each(|subscriber| subscriber.fail("UNAUTHENTICATED", &message));
                        }
                        Err(AccessError::Database(_)) => is_sure.store(false, Ordering::Relaxed),
                    }
                }
            })
            .await;
        is_sure.into_inner()
    }

    /// Lets a subscription go on with what its viewer may do now, or ends it.
    fn check(&self, policies: &Policies, subscriber: &Subscriber, viewer: &Arc<Viewer>) {
        if Arc::ptr_eq(&subscriber.seat().viewer, viewer) && !viewer.must_change_password(self.clock.now()) {
            return;
        }
        if viewer.must_change_password(self.clock.now()) {
            subscriber.fail("PASSWORD_CHANGE_REQUIRED", "Choose a new password first: until then nothing is sent.");
            return;
        }
        match self.shelf.plan(&subscriber.selection, viewer.rights(self.clock.now()), policies) {
            Ok(plan) => {
                let group = self.shelf.group(&plan, viewer);
                let mut seat = subscriber.seat();
                if !Arc::ptr_eq(&seat.group, &group) && !seat.group.lane.is_clear() {
                    // What is being loaded was asked for with other rights.
                    drop(seat);
                    return subscriber.skip();
                }
                seat.group = group;
                seat.viewer = Arc::clone(viewer);
            }
            Err(error) => subscriber.cut(documents::of_server_error(&subscriber.selection.key, &error)),
        }
    }

    /// Ends a subscription about a row that its viewer, who is another than before, does not see any more. Those that
    /// follow the log hear of it there; signals are no part of it.
    async fn check_row(&self, subscriber: &Subscriber, viewer: &Arc<Viewer>) -> Result<(), DbError> {
        let Some((about, id)) = subscriber.about else { return Ok(()) };
        let plan = {
            let seat = subscriber.seat();
            if Arc::ptr_eq(&seat.viewer, viewer) {
                return Ok(());
            }
            Arc::clone(&seat.group.plan)
        };
        if !self.sees(&plan, about, id, viewer).await? {
            subscriber.fail("NOT_FOUND", &no_such(about));
        }
        Ok(())
    }

    /// Whether a viewer sees a row of an entity.
    pub(super) async fn sees(&self, plan: &Plan, about: &str, id: Uuid, viewer: &Arc<Viewer>) -> Result<bool, DbError> {
        let entity = self.model.by_name(about).map(|entity| entity.index);
        let Some(lookup) = entity.and_then(|entity| plan.events.seen(entity)) else { return Ok(false) };
        let transaction = self.loader.read(viewer.actor.clone());
        let mut wanted = Wanted::default();
        wanted.add(lookup, id);
        let lent = self.loader.lent();
        let scope = Scope { statements: &transaction, tenant: viewer.tenant, last: true, lender: &lent };
        let rows = EventRows::load(scope, &plan.events, &wanted).await?;
        transaction.finish();
        Ok(rows.has(lookup, id))
    }
}

/// What is said of a row that nobody has, or that is not for this viewer.
pub(super) fn no_such(about: &str) -> String {
    format!("There is no {} with this ID.", about.to_ascii_lowercase())
}
