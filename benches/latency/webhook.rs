//! How long a provider waits for the answer to its webhook: the payload is on disk by then, its work comes later.

use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::ask;
use crate::{Failure, Outcome, PATIENCE};

const SECRET: &str = "a secret of the bench, long enough";
const AGREE: &str = "mutation($secret: String!) {
    setTenantCredentials(input: { conversationsCredentials: { signingSecret: $secret } }) { errors { message } } }";

/// Posts messages of as many people, one at a time and evenly spaced; the time until each was answered.
pub(crate) async fn answered(address: &str, token: &str, messages: u128, rate: u32) -> Outcome<Vec<Duration>> {
    let agreed = ask(address, token, AGREE, &json!({ "secret": SECRET })).await.ok_or("no secret was agreed")?;
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

async fn post(address: &str, body: &str) -> Outcome<()> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(body.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let request = format!(
        "POST /webhooks/inbound/business/sms HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    match answer.starts_with("HTTP/1.1 200") {
        true => Ok(()),
        false => Err(Failure::from(format!("a webhook was not taken: {}", answer.lines().next().unwrap_or_default()))),
    }
}
