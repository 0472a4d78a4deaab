import { currentToken, sessionRefused } from './session.js';

const ENDPOINT = '/graphql';

/**
 * Runs one operation for GraphiQL. The session's token is added here, so it
 * never shows in the headers editor and is never stored with a query; a header
 * typed there still wins.
 */
export async function fetcher(params, options) {
  const token = currentToken();
  const headers = new Headers({
    accept: 'application/graphql-response+json, application/json;q=0.9',
    'content-type': 'application/json',
  });
  if (token) headers.set('authorization', `Bearer ${token}`);
  for (const [name, value] of Object.entries(options?.headers ?? {})) {
    headers.set(name, value);
  }

  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers,
    body: JSON.stringify(params),
    credentials: 'omit',
  });
  const text = await response.text();
  let result;
  try {
    result = JSON.parse(text);
  } catch {
    const seen = text.trim().slice(0, 200);
    throw new Error(`${ENDPOINT} answered ${response.status} without JSON${seen ? `: ${seen}` : '.'}`);
  }

  const sent = headers.get('authorization');
  if (token && sent === `Bearer ${token}` && isRefusal(response, result)) sessionRefused(token);
  return result;
}

function isRefusal(response, result) {
  return (
    response.status === 401 ||
    result.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED') === true
  );
}
