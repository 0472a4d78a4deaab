// The reference client at /inbox in two browsers, each somebody else of the same business, on wires that the test cuts.
// What contacts write comes in through the webhook. At any moment a request to another origin, a violation of the page's
// policy or an error on the console fails the run, but for the failing connections of a wire that is cut.

import { expectQuiet, launch, picture } from './browser.mjs';
import { expect, expectEqual, run } from './gateway.mjs';
import { Agent, people, tokenOf } from './inbox-agent.mjs';
import { agreeOnSecret, ask, bring } from './webhook.mjs';

/** How long the wire stays cut, as the client's users know it from trains and lifts. */
const OFFLINE_MS = 30_000;
/** New people each time, so that the script can run again on the same data. */
const RUN = Date.now().toString(36);
const CONTACT = { address: `violeta-${RUN}`, name: `Violeta Marín ${RUN}` };
const NEWCOMER = { address: `oscar-${RUN}`, name: `Óscar Prieto ${RUN}` };
/** More than a page of the thread. */
const HISTORY = Array.from({ length: 55 }, (_, index) => `Old question ${String(index + 1).padStart(2, '0')}`);

await run('inbox', async (ok) => {
  const { admin, agent } = await people();
  const browser = await launch();
  const agents = [];
  try {
    agents.push(await Agent.open(browser, admin), await Agent.open(browser, agent));
    const token = await tokenOf(admin);
    await agreeOnSecret(token);
    await journey(agents[0], agents[1], admin.tenant, token, ok);
  } catch (error) {
    for (const { page, login, complaints } of agents) {
      await picture(page, `inbox-failure-${login.email}`).catch(() => undefined);
      if (complaints.length > 0) error.message += `\n  The page of ${login.name} complained:\n  ${complaints.join('\n  ')}`;
    }
    throw error;
  } finally {
    await browser.close();
    for (const { wire } of agents) wire.close();
  }
});

async function journey(ada, ben, tenant, token, ok) {
  const quiet = () => [ada, ben].forEach(({ complaints }) => expectQuiet(complaints));

  await Promise.all([ada.signIn(), ben.signIn()]);
  await picture(ada.page, 'inbox-1-list');
  quiet();
  ok(`${ada.login.name} and ${ben.login.name} sign in with one click and are live`);

  await bring(tenant, CONTACT, HISTORY);
  await bring(tenant, CONTACT, ['Is the red one still there?']);
  for (const one of [ada, ben]) {
    await one.topRow(CONTACT.name, 'Is the red one still there?').waitFor();
    await one.topRow(CONTACT.name).click();
    await one.message('Is the red one still there?').waitFor();
  }
  quiet();
  ok('a message through the webhook puts its conversation on top in both browsers');

  expectEqual((await ada.texts()).length, 40, 'messages of the first page');
  await ada.page.getByRole('button', { name: 'Show older messages' }).click();
  await ada.message(HISTORY[0]).waitFor();
  expectEqual(await ada.texts(), [...HISTORY, 'Is the red one still there?'], 'the whole thread');
  quiet();
  ok('paging back shows the whole thread, each message once');

  await ada.page.getByLabel(`Reply to ${CONTACT.name}`).pressSequentially('Yes, it is', { delay: 20 });
  await ben.page.getByText(`${ada.login.name} is typing …`).waitFor();
  await picture(ben.page, 'inbox-2-typing');
  quiet();
  ok('one sees the other type');

  await ada.reply('Yes, it is. Come and see it!');
  await ben.message('Yes, it is. Come and see it!').waitFor();
  await ada.settled();
  for (const one of [ada, ben]) expectEqual(await one.most('Yes, it is. Come and see it!'), 1, 'copies at any moment');
  quiet();
  ok('an answer appears in both, at no moment twice');

  await ada.loseAnswerOf('SendMessage');
  await ada.reply('We are open until eight.');
  await ben.message('We are open until eight.').waitFor();
  await ada.settled();
  for (const one of [ada, ben]) expectEqual(await one.most('We are open until eight.'), 1, 'copies at any moment');
  ada.complaints.length = 0; // the request that was cut
  expectEqual(await stored(token, ada, 'We are open until eight.'), 1, 'copies in the database');
  ok('an answer whose response is lost is sent again and is there once');

  await ben.note('He asked for a discount in March.');
  await ada.page.locator('.note', { hasText: 'discount in March' }).waitFor();
  expectEqual((await ada.texts()).some((text) => text.includes('discount')), false, 'the note among the messages');
  await picture(ada.page, 'inbox-3-thread');
  quiet();
  ok('a note of one is shown to the other, apart from the messages');

  await offline(ada, ben, tenant);
  quiet();
  ok(`${OFFLINE_MS / 1000} s offline and back: everything is there in order, and nothing was asked for again`);

  await ben.page.getByRole('button', { name: 'Take' }).click();
  await ada.page.locator('.thread-head', { hasText: ben.login.name }).waitFor();
  await ben.page.getByRole('button', { name: /^Mine/ }).click();
  await ben.row(CONTACT.name).waitFor();
  await ben.page.getByRole('button', { name: 'Resolve' }).click();
  for (const one of [ada, ben]) await one.row(CONTACT.name).waitFor({ state: 'detached' });
  await ada.page.getByRole('button', { name: `Open ${await open(token)}` }).waitFor();
  await ben.page.getByRole('button', { name: /^Open/ }).click();
  await ben.row(NEWCOMER.name).waitFor();
  // This list was not looked at meanwhile: it is shown as it was, and catches up.
  await ben.row(CONTACT.name).waitFor({ state: 'detached' });
  expectEqual(await ben.rows(), await ada.rows(), 'the lists');
  quiet();
  ok('what one takes and resolves moves in the lists of both, and the counts follow');

  await ada.renewedInPlace();
  quiet();
  ok('the token was renewed on the open socket');

  for (const width of [390, 1280]) {
    await ada.page.setViewportSize({ width, height: 800 });
    expectEqual(await ada.page.evaluate(() => document.documentElement.scrollWidth), width, 'width of the page');
    await picture(ada.page, `inbox-4-${width}`);
  }
  await ada.page.setViewportSize({ width: 390, height: 800 });
  await ada.page.getByRole('link', { name: 'Back to the list' }).click();
  await ada.row(NEWCOMER.name).waitFor();
  await picture(ada.page, 'inbox-5-phone');
  quiet();
  ok('it fits a phone');
}

/** Cuts one browser's wire for a while; meanwhile the world goes on, and so does the person. */
async function offline(ada, ben, tenant) {
  ben.wire.cut();
  await ben.page.getByText('Reconnecting …').waitFor();
  const cutAt = Date.now();
  const asked = ben.asked.length;

  await bring(tenant, CONTACT, ['And the blue one?', 'Hello?']);
  await ada.reply('Both are here.');
  await ada.note('Ben is on the train.');
  await bring(tenant, NEWCOMER, ['Good morning']);
  await ben.reply('I am on my way.');
  await ben.page.getByText('No answer yet, trying again …').waitFor();
  await picture(ben.page, 'inbox-3-offline');
  await ben.page.waitForTimeout(Math.max(0, OFFLINE_MS - (Date.now() - cutAt)));

  ben.wire.mend();
  await ben.page.getByText('Live', { exact: true }).waitFor();
  await ada.message('I am on my way.').waitFor();
  await ben.message('Both are here.').waitFor();
  await ben.page.locator('.note', { hasText: 'on the train' }).waitFor();
  await ben.row(NEWCOMER.name).waitFor();
  await Promise.all([ada.settled(), ben.settled()]);

  const end = ['And the blue one?', 'Hello?', 'Both are here.', 'I am on my way.'];
  for (const one of [ada, ben]) {
    expectEqual((await one.texts()).slice(-end.length), end, `the end of the thread of ${one.login.name}`);
    expectEqual(await one.most('I am on my way.'), 1, 'copies at any moment');
  }
  expectEqual(await ben.rows(), await ada.rows(), 'the lists');

  const after = ben.asked.slice(asked);
  const queries = after.filter(({ kind }) => kind === 'query').map(({ name }) => name);
  expectEqual(queries, [], 'queries after the reconnect');
  const subscriptions = after.filter(({ kind }) => kind === 'subscription');
  for (const name of ['InboxEvents', 'ThreadEvents']) {
    const resumed = subscriptions.filter((operation) => operation.name === name);
    expect(resumed.length > 0 && resumed.every(({ after }) => after), `${name} did not resume after a cursor`);
  }
  ben.complaints.length = 0; // the connections that failed
}

/** How often a message is in the database. */
async function stored(token, { page }, content) {
  const id = decodeURIComponent(new URL(page.url()).hash.slice(1));
  const query = `query Stored($id: ID!, $content: String!) {
    conversation(id: $id) { messages(filter: { content: { eq: $content } }) { totalCount } }
  }`;
  const { conversation } = await ask(token, query, { id, content });
  return conversation.messages.totalCount;
}

/** How many conversations are open, asked anew. */
async function open(token) {
  const { conversations } = await ask(token, '{ conversations(filter: { status: { eq: OPEN } }) { totalCount } }');
  return conversations.totalCount;
}
