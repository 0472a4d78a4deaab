// The session, with a gateway that the test plays. The module holds the one session of the page, so each test loads it anew.

import { beforeEach, describe, expect, it, vi } from 'vitest';

const MINUTE = 60_000;
let answers: (() => object | Promise<never>)[];
let sent: Record<string, unknown>[];

beforeEach(() => {
  vi.resetModules();
  answers = [];
  sent = [];
  const stored = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  vi.stubGlobal('fetch', async (_url: string, { body }: { body: string }) => {
    sent.push((JSON.parse(body) as { variables: { input: Record<string, unknown> } }).variables.input);
    const data = await answers.shift()!();
    return { ok: true, status: 200, json: async () => ({ data }) };
  });
});

describe('the session', () => {
  it('hands out the token it has while that lasts', async () => {
    const session = await signedIn(10 * MINUTE);
    expect(await session.freshToken()).toBe('token 1');
    expect(sent).toHaveLength(1);
  });

  it('renews a token that is about to end, once for all who ask, and tells of it', async () => {
    const session = await signedIn(MINUTE);
    const told: (string | null)[] = [];
    session.onTokenChange((token) => told.push(token));
    answers.push(() => renewed(2, 10 * MINUTE));
    const tokens = await Promise.all([session.freshToken(), session.freshToken(), session.renewToken('token 1')]);
    expect(tokens).toEqual(['token 2', 'token 2', 'token 2']);
    expect(sent.slice(1)).toEqual([{ refreshToken: 'refresh 1' }]);
    expect(told).toEqual(['token 2']);
  });

  it('uses each refresh token once', async () => {
    const session = await signedIn(MINUTE);
    answers.push(() => renewed(2, MINUTE), () => renewed(3, 10 * MINUTE));
    await session.freshToken();
    await session.freshToken();
    expect(sent.slice(1)).toEqual([{ refreshToken: 'refresh 1' }, { refreshToken: 'refresh 2' }]);
  });

  it('does not renew what somebody else has renewed meanwhile', async () => {
    const session = await signedIn(10 * MINUTE);
    expect(await session.renewToken('an older one')).toBe('token 1');
    expect(sent).toHaveLength(1);
  });

  it('survives a gateway that is away, and tries again with the same refresh token', async () => {
    const session = await signedIn(MINUTE);
    answers.push(() => Promise.reject(new TypeError('Failed to fetch')), () => renewed(2, 10 * MINUTE));
    await expect(session.freshToken()).rejects.toMatchObject({ name: 'NoAnswer' });
    expect(await session.freshToken()).toBe('token 2');
    expect(sent.slice(1)).toEqual([{ refreshToken: 'refresh 1' }, { refreshToken: 'refresh 1' }]);
  });

  it('ends when the gateway refuses to renew it', async () => {
    const session = await signedIn(MINUTE);
    const told: (string | null)[] = [];
    session.onTokenChange((token) => told.push(token));
    answers.push(() => ({ refreshSession: { accessToken: null, expiresAt: null, refreshToken: null, errors: [{ message: 'No.' }] } }));
    await expect(session.freshToken()).rejects.toMatchObject({ name: 'SessionOver' });
    await expect(session.freshToken()).rejects.toMatchObject({ name: 'SessionOver' });
    expect(told).toEqual([null]);
    expect(sessionStorage.getItem('mostrador.inbox.session')).toBeNull();
  });

  it('does not come back when somebody signs out while it is renewed', async () => {
    const session = await signedIn(MINUTE);
    answers.push(() => renewed(2, 10 * MINUTE));
    const token = session.freshToken();
    session.signOut();
    await expect(token).rejects.toMatchObject({ name: 'SessionOver' });
    await expect(session.freshToken()).rejects.toMatchObject({ name: 'SessionOver' });
  });

  it('tells why signing in did not work', async () => {
    const session = await import('./session');
    answers.push(() => ({ signIn: { ...tokens(1, MINUTE), accessToken: null, mustChangePassword: null, errors: [{ message: 'Wrong.' }] } }));
    expect(await session.signIn('motos', 'a@b', 'x')).toBe('Wrong.');
  });
});

async function signedIn(lastsMs: number) {
  const session = await import('./session');
  answers.push(() => ({ signIn: { ...tokens(1, lastsMs), mustChangePassword: false, errors: [] } }));
  expect(await session.signIn('motos', 'lola@example.com', 'secret')).toBeNull();
  return session;
}

function renewed(number: number, lastsMs: number) {
  return { refreshSession: { ...tokens(number, lastsMs), errors: [] } };
}

function tokens(number: number, lastsMs: number) {
  return {
    accessToken: `token ${number}`,
    expiresAt: new Date(Date.now() + lastsMs).toISOString(),
    refreshToken: `refresh ${number}`,
  };
}
