// The example documents of GraphiQL, checked against the checked-in schema: a
// first visitor must not meet one that no longer fits.

import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { buildSchema, parse, validate } from 'graphql';

import { example, expect, run } from './gateway.mjs';

const SCHEMA = process.env.MOSTRADOR_SCHEMA ?? fileURLToPath(new URL('../../schema.graphql', import.meta.url));

async function main(ok) {
  const schema = buildSchema(await readFile(SCHEMA, 'utf8'));
  const names = (await readdir(new URL('../../graphiql/examples', import.meta.url)))
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => file.slice(0, -'.graphql'.length));
  expect(names.length > 0, 'GraphiQL has no example documents.');
  for (const name of names) {
    const errors = validate(schema, parse(await example(name)));
    expect(errors.length === 0, `graphiql/examples/${name}.graphql: ${errors.join('\n  ')}`);
  }
  ok(`the examples of GraphiQL fit the schema (${names.join(', ')})`);
}

await run('documents', main);
