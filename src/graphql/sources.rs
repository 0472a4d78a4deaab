//! Where the events of subscriptions come from that are not told by the log.

use std::sync::Arc;

use entity::events::Event;
use entity::roots::Schema as _;
use futures_util::stream::BoxStream;

use super::schema::Mostrador;
use crate::assistants::{CHAT_REPLY, ReplySource};
use crate::live::signals::Source;
use crate::live::{SignalAsk, SignalSource};
use crate::request::Services;

/// All of them.
pub(super) struct Sources {
    signals: Source,
    replies: ReplySource,
}

impl Sources {
    pub(super) fn new(services: &Services) -> Self {
        let model = Mostrador::model();
        Self {
            signals: Source::new(Arc::clone(&services.signals), model),
            replies: ReplySource::new(services.database.clone(), Arc::clone(&services.bus), model),
        }
    }
}

impl SignalSource for Sources {
    fn open(&self, ask: SignalAsk) -> BoxStream<'static, Event> {
        if ask.field == CHAT_REPLY { self.replies.open(ask) } else { self.signals.open(ask) }
    }
}
