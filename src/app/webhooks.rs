//! Where providers bring messages: the domain's door behind HTTP's trait.

use std::net::IpAddr;
use std::sync::Arc;

use entity::database::DbError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::failure::Failure;
use crate::http::webhooks::{Brought, TurnedAway, WebhookForm, Webhooks};
use crate::inbound::{self, Delivery, Door, Refused, Source};
use crate::request::Services;
use crate::work::Tenancy;

/// The webhooks of a gateway.
pub struct WebhookDoor(Arc<Door>);

impl WebhookDoor {
    /// Over the services of a gateway.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn new(services: &Services) -> Result<Self, Failure> {
        let tenancy = Tenancy::new(services.database.clone());
        let (ids, throttle) = (Arc::clone(&services.ids), Arc::clone(&services.throttle));
        let door = Door::new(tenancy, services.keys.clone(), ids, throttle)
            .map_err(|error| Failure::because("could not open the webhooks", &error))?;
        Ok(Self(Arc::new(door)))
    }
}

impl Webhooks for WebhookDoor {
    fn verify(
        &self,
        business: String,
        token: String,
        address: Option<IpAddr>,
    ) -> BoxFuture<'static, Result<(), TurnedAway>> {
        let door = Arc::clone(&self.0);
        async move { door.verify(&business, &token, address).await.map_err(turned_away) }.boxed()
    }

    fn receive(&self, brought: Brought) -> BoxFuture<'static, Result<(), TurnedAway>> {
        let door = Arc::clone(&self.0);
        async move {
            let Brought { business, form, signature, body, address } = brought;
            let (source, channel) = match form {
                WebhookForm::Whatsapp => (Source::Whatsapp, crate::inbox::Channel::Whatsapp),
                WebhookForm::Generic(name) => {
                    (Source::Generic, inbound::channel_of(&name).ok_or(TurnedAway::NoSuchChannel)?)
                }
            };
            let delivery = Delivery { business, channel, source, signature, body, address };
            door.receive(delivery).await.map_err(turned_away)
        }
        .boxed()
    }
}

fn turned_away(refused: Refused) -> TurnedAway {
    match refused {
        Refused::Stranger => TurnedAway::Stranger,
        Refused::TooOften(seconds) => TurnedAway::TooOften(seconds),
        Refused::Database(DbError::Unavailable(reason)) => {
            tracing::warn!(reason, "a payload could not be stored");
            TurnedAway::Unavailable
        }
        Refused::Database(DbError::TimedOut | DbError::Conflict) => TurnedAway::Unavailable,
        Refused::Database(error) => {
            // The statement holds a payload, of which the database's words might quote a part.
            let kind = match error {
                DbError::Fault(_) => "fault",
                _ => "refused",
            };
            tracing::error!(kind, "a payload could not be stored");
            TurnedAway::Fault
        }
    }
}
