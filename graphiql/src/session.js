// Who is signed in. The token lives in sessionStorage: it survives a reload,
// not the tab, and no other tab sees it.

import { useSyncExternalStore } from 'react';

const KEY = 'mostrador.session';
const listeners = new Set();

/** @type {{ token: string, expiresAt: number | null, who: object | null } | null} */
let session = restore();
let notice = '';
let snapshot = { session, notice };
let expiry;
watchExpiry();

/** The session and a sentence about its last change, as React state. */
export function useSession() {
  return useSyncExternalStore(subscribe, () => snapshot);
}

/** The bearer token, or null when nobody is signed in. */
export function currentToken() {
  return session?.token ?? null;
}

/** The demo users of this installation; an empty list where it offers none. */
export async function demoLogins() {
  const response = await fetch('/dev/logins', { headers: { accept: 'application/json' } });
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`The list of demo users is not available. ${await reason(response)}`);
  return (await response.json()).logins;
}

/** Signs in as one of `demoLogins()`. */
export async function signInAs(login) {
  const response = await fetch('/dev/sign-in', {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: login.tenant, email: login.email }),
  });
  if (!response.ok) throw new Error(`Signing in as ${login.name} failed. ${await reason(response)}`);
  const { token, expiresAt } = await response.json();
  change({ token, expiresAt: expiresAt ? Date.parse(expiresAt) : null, who: login }, '');
}

/** Uses a token that was made elsewhere, for example by `mostrador token`. */
export function useToken(pasted) {
  const token = pasted.trim().replace(/^Bearer\s+/i, '');
  // A header value outside of this alphabet would make fetch throw at every query.
  if (!/^[\w.~+/=-]+$/.test(token)) throw new Error('That is not an access token.');
  const expiresAt = expiryOf(token);
  if (expiresAt !== null && expiresAt <= Date.now()) throw new Error('That token has expired.');
  change({ token, expiresAt, who: null }, '');
}

export function signOut() {
  change(null, 'Signed out.');
}

/** The gateway refused `token`: forget it, unless another one took its place. */
export function sessionRefused(token) {
  if (session?.token === token) change(null, 'The gateway no longer accepts this session. Sign in again.');
}

/** Why the gateway refused, in its own words when it gave any. */
async function reason(response) {
  try {
    return (await response.json()).errors[0].message;
  } catch {
    return `The gateway answered ${response.status}.`;
  }
}

function change(next, sentence) {
  session = next;
  notice = sentence;
  snapshot = { session, notice };
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
  watchExpiry();
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function restore() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY));
    if (typeof stored?.token !== 'string') return null;
    return stored.expiresAt !== null && stored.expiresAt <= Date.now() ? null : stored;
  } catch {
    return null;
  }
}

function watchExpiry() {
  clearTimeout(expiry);
  if (!session?.expiresAt) return;
  // A delay above 2^31 - 1 ms would fire at once.
  const delay = Math.min(session.expiresAt - Date.now(), 2 ** 31 - 1);
  expiry = setTimeout(() => {
    if (session?.expiresAt <= Date.now()) change(null, 'The session has expired. Sign in again.');
    else watchExpiry();
  }, Math.max(delay, 0));
}

/** When a JWT expires, in milliseconds; null when it does not say. */
function expiryOf(token) {
  try {
    const payload = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const { exp } = JSON.parse(atob(payload));
    return typeof exp === 'number' ? exp * 1000 : null;
  } catch {
    return null;
  }
}
