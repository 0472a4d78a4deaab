// The schema in the eyes of relay-compiler: it must accept schema.graphql and the
// small app in relay/, and the gateway must answer the operations it compiled.
// Everything is built in a folder of its own, so nothing generated is kept.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import compiler from 'relay-compiler';

import { endpoint, expect, expectEqual, run, token } from './gateway.mjs';

const APP = fileURLToPath(new URL('relay', import.meta.url));
const SCHEMA = process.env.MOSTRADOR_SCHEMA ?? fileURLToPath(new URL('../../schema.graphql', import.meta.url));

/** What the app must become: the queries that Relay writes itself are the point. */
const OPERATIONS = [
  'ContactCardConversationsPaginationQuery',
  'ContactCardQuery',
  'ContactCardRefetchQuery',
  'ContactCardUpdateMutation',
  'ContactListCreateMutation',
  'ContactListPaginationQuery',
  'ContactListQuery',
  'InboxQuery',
];

async function main(ok) {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'));
  try {
    await cp(APP, folder, { recursive: true });
    await cp(SCHEMA, join(folder, 'schema.graphql'));
    await compile(folder, []);
    const texts = await operations(join(folder, 'src', '__generated__'));
    expectEqual(Object.keys(texts).sort(), OPERATIONS, 'operations that relay-compiler wrote');
    await compile(folder, ['--validate']);
    ok(`relay-compiler accepts the schema and the app (${OPERATIONS.length} operations)`);
    await answer(texts, ok);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs relay-compiler, whose words explain a failure best. */
async function compile(folder, flags) {
  try {
    await promisify(execFile)(compiler, ['relay.config.json', ...flags], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
    });
  } catch (failure) {
    expect(false, `relay-compiler ${flags.join(' ')} failed:\n${failure.stdout ?? ''}${failure.stderr ?? failure}`);
  }
}

/** The text of each compiled operation, by name. */
async function operations(folder) {
  const texts = {};
  for (const file of await readdir(folder)) {
    const artifact = await readFile(join(folder, file), 'utf8');
    const text = /"text": ("(?:[^"\\]|\\.)*")/.exec(artifact);
    if (text) texts[file.replace('.graphql.js', '')] = JSON.parse(text[1]);
  }
  return texts;
}

/** Runs the compiled operations that change nothing, as Relay would. */
async function answer(texts, ok) {
  const list = await ask(texts, 'ContactListQuery', { count: 2 });
  const { edges, pageInfo } = list.contacts;
  expect(edges.length === 2 && pageInfo.hasNextPage, 'ContactListQuery did not show two of more contacts.');
  const next = await ask(texts, 'ContactListPaginationQuery', { count: 2, cursor: pageInfo.endCursor });
  const ids = [...edges, ...next.contacts.edges].map((edge) => edge.node.id);
  expectEqual(new Set(ids).size, 4, 'contacts on two pages of two');

  const inbox = await ask(texts, 'InboxQuery', {
    count: 1,
    status: 'OPEN',
    orderBy: [{ field: 'LAST_MESSAGE_AT', direction: 'DESC', nulls: 'LAST' }],
  });
  const { id } = inbox.conversations.edges[0].node.contact;
  for (const name of ['ContactCardQuery', 'ContactCardRefetchQuery']) {
    const { node } = await ask(texts, name, { id });
    expectEqual([node.__typename, node.id], ['Contact', id], `${name}: node(id:)`);
  }
  const card = await ask(texts, 'ContactCardConversationsPaginationQuery', { id, count: 1 });
  expectEqual(card.node.conversations.edges.length, 1, 'conversations of the contact, the last one');
  ok('the gateway answers what relay-compiler wrote');
}

async function ask(texts, operationName, variables) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token()}` },
    body: JSON.stringify({ query: texts[operationName], operationName, variables }),
  });
  const result = await response.json();
  expect(!result.errors, `${operationName}: ${JSON.stringify(result.errors)}`);
  return result.data;
}

await run('relay', main);
