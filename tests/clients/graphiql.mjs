// GraphiQL in a real Chromium, as a person uses it: signs in with one click,
// lets the editor complete a field, runs the inbox query, reads the rows. At any
// moment a request to another origin, a violation of the page's policy or an
// error on the console fails the run.
//
// CHROMIUM names the browser (default /usr/bin/chromium); SCREENSHOTS a folder
// that gets a picture of each step.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { expect, origin, run } from './gateway.mjs';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing but the gateway has an address.
  `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(origin).hostname}`,
];

await run('graphiql', async (ok) => {
  expect(existsSync(BROWSER), `There is no browser at ${BROWSER}; run tests/clients/install.sh or set CHROMIUM.`);
  const profile = await mkdtemp(join(tmpdir(), 'graphiql-profile-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: BROWSER,
    headless: true,
    args: FLAGS,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
  });
  try {
    const complaints = watch(browser);
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    try {
      await journey(page, ok, complaints);
    } catch (error) {
      await picture(page, 'failure');
      if (complaints.length > 0) error.message += `\n  The page also complained:\n  ${complaints.join('\n  ')}`;
      throw error;
    }
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  }
});

async function journey(page, ok, complaints) {
  const quiet = () => expect(complaints.length === 0, `The page complained:\n  ${complaints.join('\n  ')}`);

  const answer = await page.goto(`${origin}/graphiql`);
  expect(answer.status() === 200, `/graphiql answered ${answer.status()}`);
  const policy = answer.headers()['content-security-policy'] ?? '';
  expect(policy.includes("script-src 'self'") && !policy.includes('unsafe-eval'), `weak policy: ${policy}`);
  const editor = page.locator('.graphiql-query-editor .monaco-editor').first();
  await editor.waitFor();
  await page.getByRole('button', { name: 'Sign in as the demo user' }).waitFor();
  await picture(page, '1-loaded');
  quiet();
  ok('the page loads');

  await page.getByRole('button', { name: 'Sign in as the demo user' }).click();
  await page.getByText('Signed in as').waitFor();
  await page.reload();
  await page.getByText('Signed in as').waitFor();
  const signedIn = (await page.locator('.who').innerText()).replaceAll('\n', ', ');
  quiet();
  ok(`one click signs in, and a reload keeps it (${signedIn})`);

  await completeField(page, editor);
  quiet();
  ok('the editor completes "conver" to "conversations" and the schema knows its type');

  const rows = await runInbox(page);
  await picture(page, '3-inbox');
  quiet();
  ok(`the inbox query shows ${rows} rows`);

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).first().waitFor();
  await picture(page, '4-documentation');
  await page.getByRole('button', { name: 'Show History' }).click();
  await page.locator('.graphiql-history').getByText('Inbox').first().waitFor();
  quiet();
  ok('documentation and history open');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in as the demo user' }).waitFor();
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  expect(!kept.includes('"token'), 'The browser still holds the token after signing out.');
  await picture(page, '5-signed-out');
  quiet();
  ok('signing out forgets the token');
}

/** Types a prefix into a new tab, accepts the proposal, and runs the result. */
async function completeField(page, editor) {
  await page.getByRole('button', { name: 'New tab' }).click();
  await editor.click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('query Completed { conver');
  const list = page.locator('.suggest-widget.visible');
  // The proposals come from a worker that has to be told the schema first.
  for (let attempt = 0; attempt < 20 && !(await list.isVisible()); attempt += 1) {
    await page.keyboard.press('Control+Space');
    await page.waitForTimeout(500);
  }
  // Among proposals that begin alike: conversation, conversations, conversationTag …
  const proposal = list.locator('.monaco-list-row').filter({
    has: page.locator('.label-name', { hasText: /^\s*conversations\s*$/ }),
  });
  await proposal.waitFor();
  await picture(page, '2-completion');
  await proposal.click();
  await list.waitFor({ state: 'hidden' });
  let text = await written(editor);
  expect(/\bconversations\b/.test(text), `The editor did not complete the field: ${text}`);
  // Some versions of the editor open the selection themselves.
  await page.keyboard.type(/conversations\s*{/.test(text) ? 'totalCount' : ' { totalCount }');
  await page.keyboard.press('Escape');
  text = await written(editor);
  const result = await execute(page, 'Completed', () => page.keyboard.press('ControlOrMeta+Enter'));
  expect(
    Number.isInteger(result.data?.conversations?.totalCount),
    `The completed query ${text} answered ${JSON.stringify(result)}`,
  );
}

/** Runs the first tab, and returns how many conversations it showed. */
async function runInbox(page) {
  await page.getByRole('tab', { name: 'Inbox' }).click();
  // GraphiQL parses a document 100 ms after it changed, and runs nothing before; no person is that fast.
  await page.waitForTimeout(500);
  const result = await execute(page, 'Inbox', () => page.getByRole('button', { name: /^Execute query/ }).click());
  const nodes = result.data?.conversations?.nodes ?? [];
  expect(nodes.length > 0, `The inbox query showed no rows: ${JSON.stringify(result).slice(0, 500)}`);
  expect(!result.errors, `The inbox query answered errors: ${JSON.stringify(result.errors)}`);
  await page.locator('.result-window').getByText(nodes[0].id).first().waitFor();
  return nodes.length;
}

/** Does `action`, and returns what the gateway answered to the operation it started. */
async function execute(page, operationName, action) {
  const answered = page.waitForResponse(
    (response) =>
      response.url() === `${origin}/graphql` &&
      response.request().postDataJSON()?.operationName === operationName,
  );
  await action();
  return (await answered).json();
}

/** The text of an editor; Monaco draws spaces as no-break spaces. */
async function written(editor) {
  return (await editor.locator('.view-lines').innerText()).replaceAll('\u00a0', ' ');
}

/** Collects everything the page does that it must not do. */
function watch(browser) {
  const complaints = [];
  browser.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy violation: ${event.violatedDirective} by ${event.blockedURI || event.sample}`),
    );
  });
  browser.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(`request to ${request.url()}`);
  });
  browser.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${reason} for ${request.url()}`);
  });
  browser.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  browser.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  browser.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
  return complaints;
}

async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
