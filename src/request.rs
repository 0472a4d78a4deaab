//! What one request brings along, for mutations that are no verb of an entity: signing in, renewing a session, and
//! whatever else must work without a session or answers with something that is no row.
//!
//! Such a mutation finds an `Arc<RequestContext>` in its async-graphql context (see [`RequestContext::of`]). The
//! surprising thing: it may run without a viewer, so it must ask for one where it needs one.

mod caller;
mod cookies;
mod services;

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, ErrorExtensionValues, ErrorExtensions};
use entity::database::DbError;
use entity::roots::code_and_sentence;
use futures_util::future::BoxFuture;

pub use caller::{Caller, Cookies};
pub use cookies::{CookieNames, Jar, cookie_names};
pub use services::{OauthService, Services, SessionTerms};

use crate::access::Viewer;
use crate::db::{Actor, Counters, Mode, Transaction};
use crate::throttle::Throttled;
use crate::token::Identity;

/// One request, as account mutations see it.
pub struct RequestContext {
    /// What all requests share.
    pub services: Arc<Services>,
    /// Who asks, when a valid access token of a living session came along.
    pub identity: Option<Identity>,
    /// What they may do; there whenever the identity is.
    pub viewer: Option<Arc<Viewer>>,
    /// From where.
    pub caller: Caller,
    counters: Arc<Counters>,
    cookies: Mutex<Vec<String>>,
    mutation: Mutex<String>,
}

impl RequestContext {
    /// A request that begins.
    pub fn new(
        services: Arc<Services>,
        who: (Option<Identity>, Option<Arc<Viewer>>),
        caller: Caller,
        counters: Arc<Counters>,
    ) -> Self {
        let (identity, viewer) = who;
        Self { services, identity, viewer, caller, counters, cookies: Mutex::default(), mutation: Mutex::default() }
    }

    /// What is written from now on is written by this mutation; they run one after another.
    pub fn begin_mutation(&self, name: &str) {
        name.clone_into(&mut self.mutation.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the tokens of a session that begins go into cookies, as its input says.
    ///
    /// # Errors
    /// FORBIDDEN when a page of another origin asks for that, or over a connection that cannot set cookies.
    pub fn may_take_cookies(&self, cookie: Option<bool>) -> async_graphql::Result<bool> {
        let cookie = cookie.unwrap_or_default();
        if cookie && self.caller.is_live {
            return Err(failure("FORBIDDEN", "A connection that stays open cannot set cookies: sign in by POST."));
        }
        if cookie && self.caller.is_foreign_page {
            return Err(failure("FORBIDDEN", "Pages of other origins cannot sign in with cookies."));
        }
        Ok(cookie)
    }

    /// The request of a mutation that is being resolved.
    ///
    /// # Errors
    /// Never within the gateway, which puts one into every request.
    pub fn of<'c>(ctx: &Context<'c>) -> async_graphql::Result<&'c Arc<Self>> {
        ctx.data::<Arc<Self>>()
    }

    /// Who asks, where somebody must.
    ///
    /// # Errors
    /// UNAUTHENTICATED.
    pub fn signed_in(&self) -> async_graphql::Result<&Identity> {
        self.identity.as_ref().ok_or_else(|| failure("UNAUTHENTICATED", "Sign in first."))
    }

    /// Runs a job in a transaction that writes, in somebody's name.
    ///
    /// The job runs to its end even when the client leaves. Its writes last when it returns `Ok`, also where that says
    /// that something was refused; an error undoes them. What a user does to the own account is remembered of no session
    /// afterwards; a job in nobody's name tells [`Services::access`] itself what to forget.
    ///
    /// # Errors
    /// What the job or the database says.
    pub async fn write<T, J>(&self, actor: Actor, job: J) -> Result<T, DbError>
    where
        T: Send + 'static,
        J: for<'t> FnOnce(&'t Transaction) -> BoxFuture<'t, Result<T, DbError>> + Send + 'static,
    {
        let (database, counters) = (self.services.database.clone(), Arc::clone(&self.counters));
        let user = actor.as_user();
        let mutation = self.mutation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let transaction = Transaction::new(database, Mode::Write, actor, counters)
            .of_mutation(&mutation)
            .from_address(self.caller.address);
        let access = Arc::clone(&self.services.access);
        let task = tokio::spawn(async move {
            match job(&transaction).await {
                Ok(value) => {
                    let committed = transaction.commit().await;
                    // Also when it is not certain whether the write is stored.
                    if let Some(user) = user {
                        access.forget_user(user);
                    }
                    committed.map(|()| value)
                }
                Err(error) => {
                    // The reason is more telling than a failing rollback, after which PostgreSQL undoes it anyway.
                    let _ = transaction.rollback().await;
                    Err(error)
                }
            }
        });
        task.await.unwrap_or_else(|_| Err(DbError::Fault("the write's task ended early".into())))
    }

    /// A transaction that reads, in somebody's name.
    pub fn read(&self, actor: Actor) -> Transaction {
        let (database, counters) = (self.services.database.clone(), Arc::clone(&self.counters));
        Transaction::new(database, Mode::Read, actor, counters)
    }

    /// Adds a `Set-Cookie` to the answer.
    pub fn set_cookie(&self, cookie: String) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).push(cookie);
    }

    /// The cookies that were set; the answer takes them.
    pub fn take_cookies(&self) -> Vec<String> {
        std::mem::take(&mut self.cookies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An error for the client: a code of the gateway's list, and a sentence.
#[must_use]
pub fn failure(code: &str, message: &str) -> async_graphql::Error {
    let mut error = async_graphql::Error::new(message);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    error.extensions = Some(extensions);
    error
}

/// Too many attempts.
#[must_use]
pub fn rate_limited(throttled: Throttled) -> async_graphql::Error {
    let message = "Too many attempts; try again later.";
    failure("RATE_LIMITED", message).extend_with(|_, extensions| extensions.set("retryAfter", throttled.retry_after))
}

/// What the database said, as the client sees it; the log gets the rest.
#[must_use]
pub fn fault(error: DbError) -> async_graphql::Error {
    let (code, message) = code_and_sentence(&error);
    let mut shown = failure(code, message);
    shown.source = Some(Arc::new(error));
    shown
}
