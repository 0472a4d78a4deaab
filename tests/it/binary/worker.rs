//! `mostrador work`, a process of its own.

use std::process::{Child, Stdio};

use super::mostrador;
use crate::app::{TestApp, cluster};

/// A worker on the database of a test application, killed when it is dropped.
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) async fn start(app: &TestApp) -> Self {
        let url = cluster().await.url("mostrador_api", &app.database_name);
        let child = mostrador(&["work"])
            .env("DATABASE_URL", url)
            .env("ENCRYPTION_KEYS", "test:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=")
            .env("OUTBOUND_PRIVATE_ADDRESSES", "on")
            .env("OUTBOUND_TIMEOUT_MS", "60000")
            .env("LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
