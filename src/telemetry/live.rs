//! Measurements of connections that stay open.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// How a connection is kept open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket.
    WebSocket,
    /// Server-sent events.
    Sse,
}

impl Transport {
    /// Its label in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Sse => "sse",
        }
    }
}

/// Connections that stay open, and what runs over them.
pub struct LiveMetrics {
    websocket: OfTransport,
    sse: OfTransport,
    closed: IntCounterVec,
}

/// Looked up once, because each event to each watcher comes by here.
struct OfTransport {
    connections: IntGauge,
    subscriptions: IntGauge,
    received: IntCounter,
    sent: IntCounter,
}

/// Something that is counted for as long as this exists.
#[derive(Debug)]
pub struct Counted(IntGauge);

impl LiveMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), &["transport"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let connections = gauge("mostrador_live_connections", "Open connections that stay, by transport.")?;
        let subscriptions = gauge("mostrador_live_subscriptions", "Running subscriptions, by transport.")?;
        let messages = counter(
            "mostrador_live_messages_total",
            "Messages over connections that stay, by transport and direction.",
            &["transport", "direction"],
        )?;
        let of = |transport: Transport| {
            let transport = transport.as_str();
            OfTransport {
                connections: connections.with_label_values(&[transport]),
                subscriptions: subscriptions.with_label_values(&[transport]),
                received: messages.with_label_values(&[transport, "in"]),
                sent: messages.with_label_values(&[transport, "out"]),
            }
        };
        Ok(Self {
            websocket: of(Transport::WebSocket),
            sse: of(Transport::Sse),
            closed: counter(
                "mostrador_live_closed_total",
                "Connections that stayed and have ended, by transport and reason.",
                &["transport", "reason"],
            )?,
        })
    }

    fn of(&self, transport: Transport) -> &OfTransport {
        match transport {
            Transport::WebSocket => &self.websocket,
            Transport::Sse => &self.sse,
        }
    }

    /// Counts a connection until it ends.
    pub fn connection(&self, transport: Transport) -> Counted {
        Counted::new(&self.of(transport).connections)
    }

    /// Counts a subscription until it ends.
    pub fn subscription(&self, transport: Transport) -> Counted {
        Counted::new(&self.of(transport).subscriptions)
    }

    /// Counts messages of clients.
    pub fn received(&self, transport: Transport) {
        self.of(transport).received.inc();
    }

    /// Counts messages to clients.
    pub fn sent(&self, transport: Transport) {
        self.of(transport).sent.inc();
    }

    /// Counts a connection that has ended; the reason comes from a closed set.
    pub fn closed(&self, transport: Transport, reason: &'static str) {
        self.closed.with_label_values(&[transport.as_str(), reason]).inc();
    }
}

impl Counted {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
