// graphql-sse in both of its modes: a stream per operation, and one reserved stream
// for all of them. What it inserts, it deletes.

import { createClient } from 'graphql-sse';

import { CHANGES, ContactWriter, Events } from './live.mjs';
import { endpoint, expect, expectEqual, origin, run, token } from './gateway.mjs';

const stream = `${origin}/graphql/stream`;

await run('sse', async (ok) => {
  const writer = new ContactWriter(token());
  for (const [mode, singleConnection, url] of [
    ['distinct connections', false, stream],
    ['distinct connections at /graphql', false, endpoint],
    ['a single connection', true, stream],
  ]) {
    const client = createClient({
      url,
      singleConnection,
      headers: () => ({ authorization: `Bearer ${token()}` }),
      retryAttempts: 3,
    });

    const [viewer] = await all(client, { query: '{ viewer { user { id } } }' });
    expect(viewer?.data?.viewer?.user?.id, `${mode}: the viewer is missing: ${JSON.stringify(viewer)}`);
    const [made] = await all(client, writer.creation(`over ${mode}`));
    writer.note(made);
    ok(`${mode}: a query and a mutation`);

    const start = await writer.cursor();
    const events = new Events((sink) => client.subscribe({ query: CHANGES, variables: { after: start } }, sink));
    await events.ready();
    await writer.create(`first of ${mode}`);
    expectEqual(await events.next(), `first of ${mode}`, 'the first event');
    // A second one beside it, over the same stream or another.
    const later = await writer.cursor();
    const others = new Events((sink) => client.subscribe({ query: CHANGES, variables: { after: later } }, sink));
    await others.ready();
    await writer.create(`second of ${mode}`);
    expectEqual(await events.next(), `second of ${mode}`, 'the second event');
    expectEqual(await others.next(), `second of ${mode}`, 'the first event of the other subscription');
    ok(`${mode}: events of two subscriptions`);

    await others.stop();
    await writer.create(`third of ${mode}`);
    expectEqual(await events.next(), `third of ${mode}`, 'the third event');
    ok(`${mode}: one subscription stopped, the other goes on`);

    await events.stop();
    await writer.create(`meanwhile, ${mode}`);
    events.resume((sink, after) => client.subscribe({ query: CHANGES, variables: { after } }, sink));
    expectEqual(await events.next(), `meanwhile, ${mode}`, 'what happened meanwhile');
    ok(`${mode}: a subscription resumed loses no event`);
    await events.stop();
    client.dispose();
  }

  const stranger = createClient({ url: stream, headers: { authorization: 'Bearer nonsense' }, retryAttempts: 0 });
  const refused = await all(stranger, { query: CHANGES }).catch((error) => error);
  expectEqual(refused.response?.status, 401, 'the status for a token that is none');
  ok('a wrong token is refused by the status');

  const nonsense = createClient({ url: stream, headers: { authorization: `Bearer ${token()}` } });
  const [answer] = await all(nonsense, { query: '{ nothingOfTheKind }' });
  expectEqual(answer?.errors?.[0]?.extensions?.code, 'GRAPHQL_VALIDATION_FAILED', 'what is no operation');
  ok('what is wrong with an operation is its first event');

  await writer.clean();
});

/** Every result of an operation that ends by itself. */
function all(client, operation) {
  return new Promise((resolve, reject) => {
    const results = [];
    client.subscribe(operation, { next: (value) => results.push(value), error: reject, complete: () => resolve(results) });
  });
}
