//! Where providers knock: finds the business, checks that the provider is who it says, stores what it brings.
//!
//! A business that does not exist, one that has no credentials and a wrong signature take the same steps: two reads, one
//! value opened, one digest of the body. Nothing is remembered between two knocks, so credentials count from the moment
//! in which they are set. The surprising thing: failures are counted and successes are not, because a provider brings a
//! hundred payloads at once from one address, and a signature cannot be guessed anyway; the limit only keeps those who
//! try from costing much.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use entity::database::DbError;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::credentials::{self, ConversationsCredentials, Purpose, WhatsappCredentials};
use super::payload::{self, Source};
use super::signature::{Signature, is_same};
use crate::ids::SharedIds;
use crate::inbox::Channel;
use crate::secrets::{KeyRing, SealError};
use crate::throttle::{Limit, Subject, Throttle};
use crate::work::Tenancy;

/// Failures at one business from one address. A business that has set a wrong secret is cut off here, and no other with
/// it, although the provider comes from the same addresses to all of them.
const OF_BUSINESS: Limit = Limit { failures: 30, window: Duration::from_secs(60) };
/// Failures from one address, whatever the business.
const OF_ADDRESS: Limit = Limit { failures: 1_000, window: Duration::from_secs(60) };

/// Longest name of a business that is looked up, in bytes.
const MAX_SLUG_BYTES: usize = 254;

/// The door.
pub struct Door {
    tenancy: Tenancy,
    keys: KeyRing,
    ids: SharedIds,
    throttle: Arc<Throttle>,
    /// Sealed credentials of nobody, which are opened when a business has none.
    decoys: [Vec<u8>; 2],
}

/// What a provider brings.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The slug of the business.
    pub business: String,
    /// What it is about; WhatsApp's own webhook is about WhatsApp.
    pub channel: Channel,
    /// Of which form it is.
    pub source: Source,
    /// The header with the signature.
    pub signature: Option<String>,
    /// The body, as it was signed.
    pub body: Bytes,
    /// From where it comes.
    pub address: Option<IpAddr>,
}

/// Why something was not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// No such business, or a wrong word or signature: which of them is not said.
    Stranger,
    /// Too many failures; seconds until it makes sense to try again.
    TooOften(u32),
    /// Not the provider's fault.
    Database(DbError),
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// A business and what it keeps secret with a provider.
struct Found<T> {
    tenant: Option<Uuid>,
    secrets: T,
}

impl Door {
    /// A door that opens credentials with these keys.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn new(tenancy: Tenancy, keys: KeyRing, ids: SharedIds, throttle: Arc<Throttle>) -> Result<Self, SealError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|_| SealError)?;
        let secret = crate::hex::encode(random);
        let whatsapp = WhatsappCredentials {
            app_secret: secret.clone(),
            verify_token: secret.clone(),
            access_token: secret.clone(),
            phone_number_id: secret.clone(),
            business_account_id: secret.clone(),
            api_base_url: None,
        };
        let seal = |purpose, value: Result<Vec<u8>, serde_json::Error>| {
            let clear = value.map_err(|_| SealError)?;
            keys.seal(&credentials::place(Uuid::nil(), Uuid::nil(), purpose), &clear).map(|sealed| sealed.into_bytes())
        };
        let decoys = [
            seal(Purpose::Whatsapp, serde_json::to_vec(&whatsapp))?,
            seal(Purpose::Conversations, serde_json::to_vec(&ConversationsCredentials { signing_secret: secret }))?,
        ];
        Ok(Self { tenancy, keys, ids, throttle, decoys })
    }

    /// Whether this is the word on which WhatsApp and the business agreed.
    ///
    /// # Errors
    /// Why not.
    pub async fn verify(&self, business: &str, token: &str, address: Option<IpAddr>) -> Result<(), Refused> {
        self.guarded(business, address, async {
            let found: Found<WhatsappCredentials> = self.find(business, Purpose::Whatsapp).await?;
            let is_right = is_same(token, &found.secrets.verify_token) && found.tenant.is_some();
            is_right.then_some(()).ok_or(Refused::Stranger)
        })
        .await
    }

    /// Takes what a provider brings: once this returns, it is stored and will be worked through. What was brought before
    /// is taken and not stored again.
    ///
    /// # Errors
    /// Why not; then nothing is stored.
    pub async fn receive(&self, delivery: Delivery) -> Result<(), Refused> {
        let Delivery { business, channel, source, signature, body, address } = delivery;
        self.guarded(&business, address, async {
            let signature = signature.as_deref().and_then(Signature::read);
            let (tenant, secret) = match source {
                Source::Whatsapp => {
                    let found: Found<WhatsappCredentials> = self.find(&business, Purpose::Whatsapp).await?;
                    (found.tenant, found.secrets.app_secret)
                }
                Source::Generic => {
                    let found: Found<ConversationsCredentials> = self.find(&business, Purpose::Conversations).await?;
                    (found.tenant, found.secrets.signing_secret)
                }
            };
            let is_right = signature.is_some_and(|signature| signature.is_of(&secret, &body));
            let tenant = tenant.filter(|_| is_right).ok_or(Refused::Stranger)?;
            let id = self.ids.next();
            let stored = self.tenancy.write(tenant, move |tx| {
                async move { payload::store(tx, tenant, id, (source, channel), &body).await }.boxed()
            });
            Ok(stored.await?)
        })
        .await
    }

    /// Lets somebody try, unless they have failed too often, and counts it when they fail.
    async fn guarded(
        &self,
        business: &str,
        address: Option<IpAddr>,
        attempt: impl Future<Output = Result<(), Refused>>,
    ) -> Result<(), Refused> {
        let subjects = subjects(business, address);
        self.throttle.admits(&subjects).map_err(|throttled| Refused::TooOften(throttled.retry_after))?;
        let result = attempt.await;
        if result == Err(Refused::Stranger) {
            // An attempt that says nothing has failed; one that is too much by now is counted already.
            drop(self.throttle.begin(&subjects));
        }
        result
    }

    /// The business and its secrets, or nobody and secrets of nobody.
    async fn find<T: serde::de::DeserializeOwned>(&self, slug: &str, purpose: Purpose) -> Result<Found<T>, DbError> {
        let mut sql = Sql::new();
        sql.push("select id from app.tenant_by_slug(").bind(Bind::Text(slug_of(slug)));
        sql.push(") where status <> 'CLOSED'");
        let tenant = self.tenancy.read(Uuid::nil(), sql).await?.uuid_of_first();
        let rows =
            self.tenancy.read(tenant.unwrap_or_default(), credentials::select(tenant.unwrap_or_default(), purpose));
        let stored = credentials::of_rows(&rows.await?);
        let (place, sealed) = match (tenant, &stored) {
            (Some(tenant), Some((row, sealed))) => ((tenant, *row), sealed),
            _ => ((Uuid::nil(), Uuid::nil()), &self.decoys[usize::from(purpose != Purpose::Whatsapp)]),
        };
        let secrets = credentials::open(&self.keys, place.0, place.1, purpose, sealed)?;
        Ok(Found { tenant: tenant.filter(|_| stored.is_some()), secrets })
    }
}

/// What is looked up: nothing that cannot be a slug.
fn slug_of(business: &str) -> String {
    let is_possible = business.len() <= MAX_SLUG_BYTES && !business.contains('\0');
    if is_possible { business.to_lowercase() } else { String::new() }
}

fn subjects(business: &str, address: Option<IpAddr>) -> [(Subject, Limit); 2] {
    let network = match address {
        Some(IpAddr::V4(address)) => address.to_string(),
        // Whoever has an IPv6 address has a whole network of them.
        Some(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        None => String::new(),
    };
    let hash = |parts: [&str; 3]| {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    };
    [(hash(["webhook", &network, &slug_of(business)]), OF_BUSINESS), (hash(["webhooks", &network, ""]), OF_ADDRESS)]
}
