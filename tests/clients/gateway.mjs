// The gateway under test, as every script here sees it: its address and a token
// from the environment, and a way to fail that names what was expected.

import { readFile } from 'node:fs/promises';

export const origin = new URL(required('MOSTRADOR_URL', 'the address of a running gateway, e.g. http://127.0.0.1:8080')).origin;
export const endpoint = `${origin}/graphql`;

/** The bearer token of a demo user; asked for only by the scripts that need it. */
export function token() {
  return required('MOSTRADOR_TOKEN', 'an access token, as `mostrador token` prints one');
}

/** The text of one of GraphiQL's example documents. */
export function example(name) {
  return readFile(new URL(`../../graphiql/examples/${name}.graphql`, import.meta.url), 'utf8');
}

/** Fails with `message` unless `condition` holds. */
export function expect(condition, message) {
  if (!condition) throw new Failure(message);
}

/** Fails unless both are the same JSON. */
export function expectEqual(actual, expected, what) {
  const [a, e] = [actual, expected].map((value) => JSON.stringify(value));
  expect(a === e, `${what}: expected ${e}, got ${a}`);
}

/**
 * Runs a script: prints each step that `main` reports and ends the process with
 * 1 at the first difference.
 */
export async function run(name, main) {
  const started = performance.now();
  try {
    await main((step) => console.log(`  ok  ${step}`));
    console.log(`${name}: passed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    // A difference is told by its sentence; anything else is a fault of the script, with its stack.
    console.error(`${name}: FAILED\n  ${error instanceof Failure ? error.message : error?.stack ?? error}`);
    // At once: what the script holds open would keep it from ending.
    process.exit(1);
  }
}

class Failure extends Error {}

function required(variable, meaning) {
  const value = process.env[variable];
  if (value) return value;
  console.error(`${variable} is not set: it must be ${meaning}.`);
  process.exit(2);
}
