// Somebody who works with the reference client: what they do in it, what it shows them, what it asks the gateway for.

import { watch } from './browser.mjs';
import { expect, expectEqual, origin } from './gateway.mjs';
import { Wire } from './proxy.mjs';

/** Somebody of the business in a browser of their own. */
export class Agent {
  /** Every operation the page has asked for: `{ kind, name, after }`. */
  asked = [];
  /** What the gateway said on the sockets, besides events. */
  signals = [];
  sockets = 0;

  static async open(browser, login) {
    const agent = new Agent();
    agent.login = login;
    agent.wire = await Wire.open();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    agent.complaints = watch(context, agent.wire.origin);
    agent.page = await context.newPage();
    agent.page.setDefaultTimeout(60_000);
    agent.#listen();
    return agent;
  }

  async signIn() {
    // The first token claims to end soon, so that the page renews it while the socket is open.
    await this.page.route('**/dev/sign-in', async (route) => {
      const response = await route.fetch();
      const signedIn = { ...(await response.json()), expiresAt: new Date(Date.now() + 95_000).toISOString() };
      await route.fulfill({ response, json: signedIn });
    }, { times: 1 });
    const answer = await this.page.goto(`${this.wire.origin}/inbox`);
    const policy = answer.headers()['content-security-policy'] ?? '';
    expect(policy.includes("script-src 'self'") && !policy.includes('unsafe'), `weak policy: ${policy}`);
    const { name, role, tenantName } = this.login;
    const words = `${role.toLowerCase().replaceAll('_', ' ')} · ${tenantName}`;
    await this.page.locator('.logins button', { hasText: name }).filter({ hasText: words }).click();
    await this.page.getByText('Live', { exact: true }).waitFor();
    await this.page.locator('.row').first().waitFor();
    await this.page.evaluate(countCopies);
  }

  row(name) {
    return this.page.locator('.row', { hasText: name });
  }

  /** The first row of the list, when it is this contact's. */
  topRow(name, preview = '') {
    return this.page.locator('.list li:first-child .row', { hasText: name }).filter({ hasText: preview });
  }

  message(text) {
    return this.page.locator('.message:not(.outgoing)', { hasText: text });
  }

  async reply(text) {
    await this.page.getByLabel(/^Reply to/).fill(text);
    await this.page.keyboard.press('Enter');
  }

  async note(text) {
    await this.page.getByRole('radio', { name: 'Internal note' }).check();
    await this.page.getByRole('textbox', { name: 'Internal note' }).fill(text);
    await this.page.getByRole('button', { name: 'Save note' }).click();
    await this.page.locator('.note', { hasText: text }).waitFor();
    await this.page.getByRole('radio', { name: 'Reply' }).check();
  }

  /** Nothing is on its way any more. */
  async settled() {
    await this.page.locator('.outgoing').waitFor({ state: 'detached' });
  }

  texts() {
    return this.page.locator('.message .text').allInnerTexts();
  }

  rows() {
    return this.page.locator('.row .name').allInnerTexts();
  }

  /** How many copies of a text the thread has shown at most at one moment. */
  most(text) {
    return this.page.evaluate((of) => window.mostCopies.get(of) ?? 0, text);
  }

  /** The gateway gets the next operation of this name; its answer never arrives. */
  async loseAnswerOf(name) {
    await this.page.route('**/graphql', async (route) => {
      if (route.request().postDataJSON()?.operationName !== name) return route.fallback();
      await route.fetch();
      await route.abort('connectionreset');
      return this.page.unroute('**/graphql');
    });
  }

  /** Waits until the socket has a new token, which it has got without being opened again. */
  async renewedInPlace() {
    const sockets = this.sockets;
    for (let tries = 0; tries < 60 && !this.signals.includes('TOKEN_RENEWED'); tries += 1) {
      await this.page.getByLabel(/^Reply to/).pressSequentially('…');
      await this.page.waitForTimeout(500);
    }
    await this.page.getByLabel(/^Reply to/).fill('');
    expect(this.signals.includes('TOKEN_RENEWED'), `The socket got no new token: ${this.signals}`);
    expectEqual([sockets, this.sockets], [1, 1], 'sockets before and after');
  }

  #listen() {
    const note = ({ query = '', operationName, variables }) => {
      const kind = /^\s*(?:#.*\n\s*)*(query|mutation|subscription)\b/m.exec(query)?.[1] ?? 'query';
      this.asked.push({ kind, name: operationName, after: variables?.after });
    };
    this.page.on('request', (request) => {
      if (request.url().endsWith('/graphql') && request.method() === 'POST') note(request.postDataJSON());
    });
    this.page.on('websocket', (socket) => {
      this.sockets += 1;
      socket.on('framesent', ({ payload }) => {
        const message = JSON.parse(payload);
        if (message.type === 'subscribe') note(message.payload);
      });
      socket.on('framereceived', ({ payload }) => {
        const message = JSON.parse(payload);
        if (message.payload?.code) this.signals.push(message.payload.code);
      });
    });
  }
}

/** Runs in the page: remembers of each text how many copies of it the thread has shown at most. */
function countCopies() {
  window.mostCopies = new Map();
  const count = () => {
    const now = new Map();
    for (const { textContent } of document.querySelectorAll('.message .text')) {
      now.set(textContent, (now.get(textContent) ?? 0) + 1);
    }
    for (const [text, copies] of now) {
      window.mostCopies.set(text, Math.max(copies, window.mostCopies.get(text) ?? 0));
    }
  };
  new MutationObserver(count).observe(document.body, { childList: true, subtree: true, characterData: true });
}

/** An administrator and an agent of one business of the demo. */
export async function people() {
  const { logins } = await (await fetch(`${origin}/dev/logins`)).json();
  for (const admin of logins.filter(({ role }) => role === 'ADMIN')) {
    const agent = logins.find(({ tenant, role }) => tenant === admin.tenant && role === 'AGENT');
    if (agent) return { admin, agent };
  }
  throw new Error(`No business has an administrator and an agent: ${JSON.stringify(logins)}`);
}

/** An access token of one of them. */
export async function tokenOf({ tenant, email }) {
  const response = await fetch(`${origin}/dev/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant, email }),
  });
  return (await response.json()).token;
}
