// Chromium for the scripts that drive a page: started so that nothing but the gateway has an address, and watched for
// everything a page must not do.
//
// CHROMIUM names the browser (default /usr/bin/chromium); SCREENSHOTS a folder that gets a picture of each step.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { expect, origin } from './gateway.mjs';

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

/** Starts the browser. Each `newContext` of it is another person's. */
export async function launch() {
  expect(existsSync(BROWSER), `There is no browser at ${BROWSER}; run tests/clients/install.sh or set CHROMIUM.`);
  return chromium.launch({ executablePath: BROWSER, headless: true, args: FLAGS });
}

/** Collects everything the pages of a context do that they must not do; they may talk to `ownOrigin` alone. */
export function watch(context, ownOrigin = origin) {
  const complaints = [];
  context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy violation: ${event.violatedDirective} by ${event.blockedURI || event.sample}`),
    );
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== ownOrigin) complaints.push(`request to ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${reason} for ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
  return complaints;
}

/** Fails when a page has done what it must not. */
export function expectQuiet(complaints) {
  expect(complaints.length === 0, `The page complained:\n  ${complaints.join('\n  ')}`);
}

export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
