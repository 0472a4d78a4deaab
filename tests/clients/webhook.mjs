// What contacts write, as a provider brings it: signed, to the gateway's own webhook.

import { createHmac, randomUUID } from 'node:crypto';

import { endpoint, expect, origin } from './gateway.mjs';

const SECRET = randomUUID();

/** Tells the business, as one of its administrators, with which secret its webhooks are signed. */
export async function agreeOnSecret(token) {
  const query = `mutation Agree($input: SetTenantCredentialsInput!) {
    setTenantCredentials(input: $input) { errors { code message } }
  }`;
  const variables = { input: { conversationsCredentials: { signingSecret: SECRET } } };
  const { setTenantCredentials } = await ask(token, query, variables);
  expect(setTenantCredentials.errors.length === 0, `No secret was set: ${JSON.stringify(setTenantCredentials.errors)}`);
}

/** Brings texts of one contact, in this order, in one payload. */
export async function bring(tenant, contact, texts) {
  const body = JSON.stringify({
    events: texts.map((text) => ({ id: randomUUID(), type: 'message', from: contact, text })),
  });
  const signature = createHmac('sha256', SECRET).update(body).digest('hex');
  const response = await fetch(`${origin}/webhooks/inbound/${tenant}/web-chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body,
  });
  expect(response.ok, `The webhook answered ${response.status}: ${await response.text()}`);
}

/** One operation over HTTP; fails when it answers errors. */
export async function ask(token, query, variables = {}) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  expect(!errors, `The gateway answered ${JSON.stringify(errors)}`);
  return data;
}
