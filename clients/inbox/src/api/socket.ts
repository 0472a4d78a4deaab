// The one WebSocket of the page: graphql-ws's client, told how to stay connected and how to renew its token in place.

import { createClient, type Client } from 'graphql-ws';
import { useSyncExternalStore } from 'react';

import { freshToken, onTokenChange, SessionOver } from '../session/session';

/** `live`: events arrive as they happen. `connecting`: for the first time. `reconnecting`: what is missed will follow. */
export type Connection = 'connecting' | 'live' | 'reconnecting';

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const LONGEST_WAIT_MS = 15_000;
/** Close code of a gateway that stops (RFC 6455 and its registry); another one serves. */
const SERVICE_RESTART = 1012;

let connection: Connection = 'connecting';
let open: WebSocket | null = null;
let askedToWaitMs: number | null = null;
let pongIsLate: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export const socket: Client = createClient({
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  // Asked anew at each reconnect.
  connectionParams: async () => ({ authorization: bearer(await freshToken()) }),
  // Somebody who leaves one thread for the next keeps the socket.
  lazyCloseTimeout: 3_000,
  keepAlive: PING_EVERY_MS,
  // We answer pings ourselves, see below.
  disablePong: true,
  retryAttempts: Infinity,
  shouldRetry: (reason) => !(reason instanceof SessionOver),
  retryWait: waitBeforeAttempt,
  on: {
    opened: (opened) => {
      open = opened as WebSocket;
    },
    connected: () => become('live'),
    closed: (event) => {
      open = null;
      askedToWaitMs = delayOf(event);
      clearTimeout(pongIsLate);
      if (connection === 'live') become('reconnecting');
    },
    ping: (received, payload) => {
      if (received) void answerPing(payload);
      else {
        // A network that vanished tells nobody; without this, the page would wait for minutes.
        clearTimeout(pongIsLate);
        pongIsLate = setTimeout(() => socket.terminate(), PONG_WITHIN_MS);
      }
    },
    pong: (received) => {
      if (received) clearTimeout(pongIsLate);
    },
  },
});

onTokenChange((token) => {
  // Whoever renewed the token, the running subscriptions get it too: the connection outlives any number of tokens. But it
  // does not outlive the session: the next person must not inherit it.
  if (token === null) socket.terminate();
  else send({ type: 'ping', payload: { authorization: bearer(token) } });
});

/** How the page hears from the gateway right now, as React state. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

/** A ping with this code announces that the token ends; the answer carries another. Any other is a sign of life. */
async function answerPing(payload: Record<string, unknown> | undefined): Promise<void> {
  if (payload?.code !== 'TOKEN_EXPIRING') return send({ type: 'pong' });
  try {
    send({ type: 'pong', payload: { authorization: bearer(await freshToken()) } });
  } catch {
    // No new token: the gateway closes the socket when the old one ends, and connecting again says why.
    send({ type: 'pong' });
  }
}

/**
 * Waits longer after each failure, by chance so that not all pages return at once, and not at all once the network is back.
 * A gateway that stops says itself how long to wait.
 */
async function waitBeforeAttempt(attempts: number): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempts);
  const wait = askedToWaitMs ?? longest / 2 + (Math.random() * longest) / 2;
  askedToWaitMs = null;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, wait);
    addEventListener('online', done);
  });
}

/** The delay in the reason of a close event, where there is one: `{"code":"RECONNECT","delayMs":…}`. */
function delayOf(event: unknown): number | null {
  const { code, reason } = event as { code?: number; reason?: string };
  if (code !== SERVICE_RESTART || !reason) return null;
  try {
    const { delayMs } = JSON.parse(reason) as { delayMs?: unknown };
    return typeof delayMs === 'number' ? delayMs : null;
  } catch {
    return null;
  }
}

function send(message: { type: 'ping' | 'pong'; payload?: Record<string, unknown> }): void {
  if (open?.readyState === WebSocket.OPEN) open.send(JSON.stringify(message));
}

function become(next: Connection): void {
  if (connection === next) return;
  connection = next;
  for (const listener of listeners) listener();
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}
