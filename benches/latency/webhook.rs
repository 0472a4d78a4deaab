//! How long a provider waits for the answer to its webhook: the payload is on disk by then, its work comes later.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::client::ask;
use crate::http::Connection;
use crate::{Failure, Outcome, PATIENCE};

const SECRET: &str = "a secret of the bench, long enough";
const AGREE: &str = "mutation($secret: String!) {
    setTenantCredentials(input: { conversationsCredentials: { signingSecret: $secret } }) { errors { message } } }";

/// Posts messages of as many people, one at a time and evenly spaced; the time until each was answered.
pub(crate) async fn answered(address: SocketAddr, token: &str, messages: u128, rate: u32) -> Outcome<Vec<Duration>> {
    let agreed =
        ask(&address.to_string(), token, AGREE, &json!({ "secret": SECRET })).await.ok_or("no secret was agreed")?;
    if agreed["data"]["setTenantCredentials"]["errors"] != json!([]) {
        return Err(format!("no secret was agreed: {agreed}").into());
    }
    let mut beat = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
    let mut times = Vec::new();
    for number in 0..messages {
        beat.tick().await;
        let from = json!({ "address": format!("+34600{number:06}"), "name": "Marta" });
        let body = json!({ "events": [{ "id": number.to_string(), "from": from, "text": "Is it still there?" }] });
        let start = Instant::now();
        tokio::time::timeout(PATIENCE, post(address, &body.to_string())).await??;
        times.push(start.elapsed());
    }
    Ok(times)
}

async fn post(address: SocketAddr, body: &str) -> Outcome<()> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(body.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = format!("x-hub-signature-256: sha256={signature}\r\n");
    match Connection::open(address).await?.post("/webhooks/inbound/business/sms", &headers, body).await? {
        (200, _) => Ok(()),
        (status, _) => Err(Failure::from(format!("a webhook was not taken: {status}"))),
    }
}
