// GraphiQL in a real Chromium, as a person uses it: signs in with one click,
// lets the editor complete a field, runs the inbox query, reads the rows. At any
// moment a request to another origin, a violation of the page's policy or an
// error on the console fails the run.

import { expectQuiet, launch, picture, watch } from './browser.mjs';
import { expect, origin, run } from './gateway.mjs';

await run('graphiql', async (ok) => {
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
    const complaints = watch(context);
    const page = await context.newPage();
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
  }
});

async function journey(page, ok, complaints) {
  const quiet = () => expectQuiet(complaints);

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
