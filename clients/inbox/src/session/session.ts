// Who is signed in, and the one place where access tokens are renewed. Apollo, the socket and plain requests all ask
// `freshToken()`; nobody keeps a token.
//
// The session lives in sessionStorage: it outlives a reload, not the tab, and each tab has its own, so that two tabs never
// use up one refresh token. An app on a domain of its own may rather pass `cookie: true` to `signIn`, so that scripts cannot
// read the tokens; then requests carry `x-csrf-token`, and tabs have to take turns in renewing.

import { useSyncExternalStore } from 'react';

import { RefreshSessionDocument, SignInDocument } from '../api/generated';
import { NoAnswer, post } from '../api/post';

interface Session {
  readonly accessToken: string;
  /** When the access token stops working, in milliseconds. */
  readonly expiresAt: number;
  readonly renewal: Renewal;
}

type Renewal =
  | { readonly kind: 'refresh'; readonly refreshToken: string }
  | { readonly kind: 'development'; readonly login: DevelopmentLogin };

/** A user of the demo data, as `/dev/logins` lists them in development. */
export interface DevelopmentLogin {
  readonly tenant: string;
  readonly tenantName: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
}

/** The session has ended: only signing in again helps. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver';
}

const KEY = 'mostrador.inbox.session';
/** A token this close to its end is renewed before it is used. The gateway warns sockets 60 s before. */
const RENEW_BEFORE_MS = 90_000;

let session = restore();
let renewing: Promise<string> | null = null;
let notice = '';
const listeners = new Set<() => void>();
const tokenListeners = new Set<(token: string | null) => void>();

/** Whether somebody is signed in, and a sentence for the person when a session ended, as React state. */
export function useSignedIn(): boolean {
  return useSyncExternalStore(subscribe, () => session !== null);
}

export function useSessionNotice(): string {
  return useSyncExternalStore(subscribe, () => notice);
}

/** Calls back when a new access token takes the place of the old one, and with null when the session ends. */
export function onTokenChange(listener: (token: string | null) => void): void {
  tokenListeners.add(listener);
}

/** A token that works for another minute at least. Throws `SessionOver`, or `NoAnswer` while the gateway is away. */
export async function freshToken(): Promise<string> {
  if (!session) throw new SessionOver('Nobody is signed in.');
  return session.expiresAt - Date.now() > RENEW_BEFORE_MS ? session.accessToken : renewToken(session.accessToken);
}

/**
 * Takes another token in place of `old`, which the gateway refused or which is about to end. However many ask at the same
 * time, one request leaves: a refresh token works once.
 */
export function renewToken(old: string): Promise<string> {
  if (session && session.accessToken !== old) return Promise.resolve(session.accessToken);
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  return renewing;
}

/** Signs in with a password. Gives the sentence to show when that fails. */
export async function signIn(tenant: string, email: string, password: string): Promise<string | null> {
  const { signIn } = await post(SignInDocument, { input: { tenant, email, password } });
  if (signIn.errors[0]) return signIn.errors[0].message;
  const { accessToken, expiresAt, refreshToken } = signIn;
  if (!accessToken || !expiresAt || !refreshToken) return 'The gateway gave no token.';
  if (signIn.mustChangePassword) return 'This account has to choose a new password first.';
  change({ accessToken, expiresAt: Date.parse(expiresAt), renewal: { kind: 'refresh', refreshToken } }, '');
  return null;
}

/** Signs in as a user of the demo data; development only. */
export async function signInAs(login: DevelopmentLogin): Promise<void> {
  change(await developmentSession(login), '');
}

/** The users one can sign in as without a password: none outside of development. */
export async function developmentLogins(): Promise<DevelopmentLogin[]> {
  const response = await fetch('/dev/logins', { headers: { accept: 'application/json' } });
  if (!response.ok) return [];
  return ((await response.json()) as { logins: DevelopmentLogin[] }).logins;
}

/** Forgets the session; `sentence` tells the person why when it was not their wish. */
export function signOut(sentence = ''): void {
  if (session) change(null, sentence);
}

async function renew(): Promise<string> {
  const before = session;
  if (!before) throw new SessionOver('Nobody is signed in.');
  try {
    const after = await renewed(before.renewal);
    // Signed out meanwhile: the new token must not bring the session back.
    if (session !== before) throw new SessionOver('Nobody is signed in.');
    change(after, '');
    return after.accessToken;
  } catch (error) {
    if (error instanceof SessionOver && session === before) signOut(error.message);
    throw error;
  }
}

async function renewed(renewal: Renewal): Promise<Session> {
  if (renewal.kind === 'development') return developmentSession(renewal.login);
  const { refreshSession } = await post(RefreshSessionDocument, { input: { refreshToken: renewal.refreshToken } });
  const { accessToken, expiresAt, refreshToken, errors } = refreshSession;
  if (errors.length > 0 || !accessToken || !expiresAt || !refreshToken) {
    throw new SessionOver('Your session has ended. Sign in again.');
  }
  return { accessToken, expiresAt: Date.parse(expiresAt), renewal: { kind: 'refresh', refreshToken } };
}

async function developmentSession(login: DevelopmentLogin): Promise<Session> {
  const response = await fetch('/dev/sign-in', {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: login.tenant, email: login.email }),
  }).catch((reason: unknown) => {
    throw new NoAnswer('The gateway cannot be reached.', { cause: reason });
  });
  if (response.status >= 500) throw new NoAnswer(`The gateway answered ${response.status}.`);
  if (!response.ok) throw new SessionOver(`Signing in as ${login.name} is not possible.`);
  const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string };
  return { accessToken: token, expiresAt: Date.parse(expiresAt), renewal: { kind: 'development', login } };
}

function change(next: Session | null, sentence: string): void {
  const before = session;
  session = next;
  notice = sentence;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
  if (before) for (const listener of tokenListeners) listener(next?.accessToken ?? null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function restore(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Session | null;
  } catch {
    return null;
  }
}
