import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';

/** The `extensions.code` of the gateway's first error; null for an error of another kind. */
export function codeOf(error: unknown): string | null {
  if (!CombinedGraphQLErrors.is(error)) return null;
  const code = error.errors[0]?.extensions?.code;
  return typeof code === 'string' ? code : null;
}

const PASSING = new Set(['UNAVAILABLE', 'TIMEOUT', 'INTERNAL', 'RATE_LIMITED', 'UNAUTHENTICATED']);

/** Whether the gateway said that it cannot answer at this moment: what was asked may be asked again by itself. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && code !== 'UNAUTHENTICATED' && PASSING.has(code);
}

/**
 * Whether the gateway decided: then asking again gives the same. Otherwise nobody knows whether it acted, and the same
 * request may be sent again, for all our writes are safe to repeat.
 */
export function isDecision(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return !PASSING.has(code);
  return ServerError.is(error) && error.statusCode >= 400 && error.statusCode < 500 && error.statusCode !== 429;
}

/** The sentence of an error, for a person. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
