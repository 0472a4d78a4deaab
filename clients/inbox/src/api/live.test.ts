// The list and the thread over the app's own cache and link, with a gateway that the test plays.

import { ApolloClient, ApolloLink, Observable } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { OperationTypeNode } from 'graphql';
import type { Sink, SubscribePayload } from 'graphql-ws';
import { describe, expect, it } from 'vitest';

import { applyThreadEvent } from '../thread/applyThreadEvent';
import { message, thread } from '../thread/testing';
import { createCache } from './cache';
import { codeOf, isPassing } from './errors';
import { follow } from './follow';
import { ThreadDocument, ThreadEventsDocument, type ThreadQuery } from './generated';
import { ResumingLink } from './ResumingLink';

const ID = 'conversation_1';
const liveThread = {
  query: ThreadDocument,
  variables: { id: ID },
  events: ThreadEventsDocument,
  eventVariables: { conversationId: ID },
  apply: applyThreadEvent,
};

describe('a live query', () => {
  it('goes on after its own snapshot, and moves its rows and its cursor together', async () => {
    const page = await open();
    expect(page.afters()).toEqual(['0']);
    page.event(added('m1', 'cursor 1'));
    page.event(added('m2', 'cursor 2'));
    expect(page.cached()).toEqual({ rows: ['m1', 'm2'], eventCursor: 'cursor 2' });
  });

  it('resumes after the last event when the socket connects again', async () => {
    const page = await open();
    page.event(added('m1', 'cursor 1'));
    page.event({ __typename: 'StreamHeartbeat', cursor: 'cursor 5' });
    expect(page.resent()).toBe('cursor 5');
  });

  it('subscribes again after a gap, behind it, without asking for the rows', async () => {
    const page = await open();
    page.event(added('m1', 'cursor 1'));
    page.event({ __typename: 'StreamGap', cursor: 'cursor 3' });
    page.complete();
    expect(page.afters()).toEqual(['0', 'cursor 3']);
    page.event(added('m4', 'cursor 4'));
    expect(page.cached()).toEqual({ rows: ['m1', 'm4'], eventCursor: 'cursor 4' });
    expect(page.queries()).toBe(1);
  });

  it('does not subscribe again when the stream ends without a gap', async () => {
    const page = await open();
    page.complete();
    expect(page.afters()).toHaveLength(1);
  });

  it('says when the log no longer reaches back to its cursor', async () => {
    const page = await open();
    page.fail([{ message: 'Too old.', extensions: { code: 'RESYNC_REQUIRED' } }]);
    expect(page.failures.map(codeOf)).toEqual(['RESYNC_REQUIRED']);
  });

  it('keeps the cursors of two queries apart', async () => {
    const page = await open();
    page.event(added('m1', 'cursor 1'));
    const other = { ...thread([]), eventCursor: 'cursor 9' };
    page.client.cache.writeQuery({ query: ThreadDocument, variables: { id: 'conversation_2' }, data: other });
    expect(page.cached().eventCursor).toBe('cursor 1');
  });

  it('keeps what events brought when an older page arrives', async () => {
    const page = await open(thread([message('m5', 5)], [], true));
    page.event(added('m6', 'cursor 1', 6));
    page.client.cache.writeQuery({
      query: ThreadDocument,
      variables: { id: ID, beforeMessage: 'm5', beforeNote: null },
      data: thread([message('m3', 3), message('m4', 4)]),
    });
    page.event(added('m7', 'cursor 2', 7));
    expect(page.cached()).toEqual({ rows: ['m3', 'm4', 'm5', 'm6', 'm7'], eventCursor: 'cursor 2' });
  });
});

/** A thread that was queried and is followed. */
async function open(data: ThreadQuery = thread([])) {
  const sent: { payload: SubscribePayload; sink: Sink<never> }[] = [];
  let queries = 0;
  const held: { payload?: SubscribePayload } = {};
  const failures: unknown[] = [];
  const events = new ResumingLink({
    subscribe: (payload, sink) => {
      // graphql-ws writes the message when it sends it; `resent` writes it later, as a reconnect does.
      sent.push({ payload: { ...payload, variables: { ...payload.variables } }, sink: sink as Sink<never> });
      held.payload = payload;
      return () => undefined;
    },
  });
    const rows = new ApolloLink(() => {
    queries += 1;
    return new Observable((observer) => {
      observer.next({ data });
      observer.complete();
    });
  });
  const client = new ApolloClient({
    cache: createCache(),
    link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, events, rows),
  });
  await client.query({ query: ThreadDocument, variables: { id: ID } });
  follow(client, liveThread, (failure) => failures.push(failure));

  const latest = () => sent.at(-1)!.sink;
  return {
    client,
    failures,
    event: (event: object) => latest().next({ data: { conversationEvents: event } } as never),
    complete: () => latest().complete(),
    fail: (errors: object[]) => latest().error(errors),
    afters: () => sent.map(({ payload }) => payload.variables?.after),
    resent: () => held.payload?.variables?.after,
    queries: () => queries,
    cached: () => {
      const cached = client.cache.readQuery({ query: ThreadDocument, variables: { id: ID } });
      const rows = cached?.conversation?.messages.edges.map(({ node }) => node.id);
      return { rows, eventCursor: cached?.eventCursor };
    },
  };
}

const added = (id: string, cursor: string, minute = 1) => ({
  __typename: 'MessageAdded',
  cursor,
  message: message(id, minute),
});

describe('an error of a stream', () => {
  const said = (code: string) => new CombinedGraphQLErrors({ errors: [{ message: 'A sentence.', extensions: { code } }] });

  it('lets the stream be asked for again when the gateway could not answer', () => {
    expect(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED'].filter((code) => !isPassing(said(code)))).toEqual([]);
  });

  it('is the end of it when the gateway has decided, or wants a new sign-in', () => {
    const decided = ['FORBIDDEN', 'NOT_FOUND', 'RESYNC_REQUIRED', 'UNAUTHENTICATED'];
    expect(decided.filter((code) => isPassing(said(code)))).toEqual([]);
    expect(isPassing(new Error('The connection ended with code 4400.'))).toBe(false);
  });
});
