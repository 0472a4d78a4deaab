// graphql-ws 6 as an app uses it: queries and mutations over the socket, events, a
// dropped socket that loses none of them, a token renewed in place, close codes.
// What it inserts, it deletes.

import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { CHANGES, claims, ContactWriter, Events, freshToken, patiently } from './live.mjs';
import { expect, expectEqual, origin, run, token } from './gateway.mjs';

const url = `${origin.replace(/^http/, 'ws')}/graphql`;

await run('ws', async (ok) => {
  const writer = new ContactWriter(token());

  let sockets = 0;
  let socket = null;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization: `Bearer ${token()}` }),
    retryAttempts: 10,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 200)),
    shouldRetry: () => true,
    on: {
      connected: (opened) => {
        sockets += 1;
        socket = opened;
      },
    },
  });

  const viewer = await once(client, { query: '{ viewer { user { id } } }' });
  expect(viewer.data?.viewer?.user?.id, `The viewer is missing: ${JSON.stringify(viewer)}`);
  const made = await once(client, writer.creation('over a socket'));
  writer.note(made);
  ok('a query and a mutation over the socket');

  const refused = await failure(client, { query: '{ nothingOfTheKind }' });
  expectEqual(refused[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', 'what is no operation');
  ok('an error that ends its own operation and nothing else');

  const start = await writer.cursor();
  const events = new Events((sink) => client.subscribe({ query: CHANGES, variables: { after: start } }, sink));
  await events.ready();
  await writer.create('first');
  expectEqual(await events.next(), 'first', 'the first event');
  ok('an event of a subscription');

  const before = sockets;
  socket.terminate();
  await writer.create('while the socket is down');
  events.resume((sink, after) => client.subscribe({ query: CHANGES, variables: { after } }, sink));
  expectEqual(await events.next(), 'while the socket is down', 'what happened meanwhile');
  await writer.create('second');
  expectEqual(await events.next(), 'second', 'the event after it');
  expect(sockets > before, 'The client was expected to open another socket.');
  ok('a dropped socket loses no event');

  await patiently(async () => {
    const answered = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === 'pong' && message.payload?.code) resolve(message.payload);
      });
    });
    const newer = await freshToken();
    if (newer === null) return ok('no token to renew with: not in development');
    socket.send(JSON.stringify({ type: 'pong', payload: { authorization: `Bearer ${newer}` } }));
    const { code } = await answered;
    const [old, young] = [claims(token()), claims(newer)];
    const isNewer = old.sub === young.sub && old.tid === young.tid && old.exp < young.exp;
    expectEqual(code, isNewer ? 'TOKEN_RENEWED' : 'TOKEN_REFUSED', 'what becomes of the token');
    ok(`a newer token is taken in place, a stranger's is not (${code})`);
  });

  await events.stop();
  await client.dispose();

  let tokens = 0;
  const forgetful = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization: `Bearer ${(tokens += 1) === 1 ? 'nonsense' : token()}` }),
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  const answered = await once(forgetful, { query: '{ __typename }' });
  expectEqual(answered.data, { __typename: 'Query' }, 'the answer after a token that is none');
  expectEqual(tokens, 2, 'how often the client asked for a token');
  await forgetful.dispose();
  ok('4403 lets the client come back with a better token');

  for (const [code, messages] of [
    [4400, ['nonsense']],
    [4401, [{ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } }]],
    [4403, [{ type: 'connection_init' }]],
    [4409, [init(), subscribe('1'), subscribe('1')]],
    [4429, [init(), init()]],
  ]) {
    expectEqual(await closeCode(messages), code, `the close code after ${JSON.stringify(messages)}`);
  }
  ok('close codes');

  await writer.clean();
});

function init() {
  return { type: 'connection_init', payload: { authorization: `Bearer ${token()}` } };
}

function subscribe(id) {
  return { type: 'subscribe', id, payload: { query: CHANGES } };
}

/** The only result of an operation. */
function once(client, operation) {
  return new Promise((resolve, reject) => {
    let result;
    client.subscribe(operation, {
      next: (value) => (result = value),
      error: reject,
      complete: () => resolve(result),
    });
  });
}

/** The errors of an operation that does not begin. */
async function failure(client, operation) {
  try {
    return [{ extensions: { code: `no error, but ${JSON.stringify(await once(client, operation))}` } }];
  } catch (errors) {
    if (!Array.isArray(errors)) throw errors;
    return errors;
  }
}

function closeCode(messages) {
  return new Promise((resolve, reject) => {
    const raw = new WebSocket(url, 'graphql-transport-ws');
    raw.on('error', reject);
    raw.on('close', resolve);
    raw.on('open', () => {
      for (const message of messages) raw.send(typeof message === 'string' ? message : JSON.stringify(message));
    });
  });
}
