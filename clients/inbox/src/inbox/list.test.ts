// The list over the app's own cache: events and pages that cross each other.

import { describe, expect, it } from 'vitest';

import { createCache } from '../api/cache';
import { InboxCountsDocument, InboxDocument, type ConversationRowFragment } from '../api/generated';
import { applyInboxEvent, inOrder, type InboxEvent } from './applyInboxEvent';
import { inbox, row } from './testing';
import { conditionsOf } from './views';

const { rows: variables } = conditionsOf('open', 'user_1');

describe('the cached list', () => {
  it('joins a page behind what events have brought and taken away', () => {
    const list = open([row('a', 9), row('b', 8)]);
    list.event({ __typename: 'ConversationEntered', cursor: '1', conversation: row('new', 10) });
    list.event({ __typename: 'ConversationLeft', cursor: '2', conversationId: 'b' });
    list.page('b', [row('c', 7), row('d', 6)]);
    list.event({ __typename: 'ConversationChanged', cursor: '3', conversation: row('d', 11) });
    expect(list.shown()).toEqual(['d', 'new', 'a', 'c']);
    expect(list.nextPageBegins()).toBe('d');
  });

  it('shows a row once that moved up while its page was on the way', () => {
    const list = open([row('a', 9), row('b', 8)]);
    list.event({ __typename: 'ConversationChanged', cursor: '1', conversation: row('c', 10) });
    list.page('b', [row('c', 7), row('d', 6)]);
    expect(list.shown()).toHaveLength(4);
  });

  it('gives the tabs the counts that events bring', () => {
    const list = open([]);
    const counts = { open: 7, pending: 2, snoozed: 1, mine: 3, unassigned: 4, unread: 5 };
    list.event({ __typename: 'InboxCountsChanged', cursor: '1', counts: { __typename: 'InboxCounts', ...counts } });
    expect(list.counts()).toEqual([7, 3, 3, 4]);
  });
});

function open(rows: ConversationRowFragment[]) {
  const cache = createCache();
  const query = { query: InboxDocument, variables };
  cache.writeQuery({ ...query, data: inbox(rows, true) });
  const data = () => cache.readQuery(query)!;
  return {
    event: (event: InboxEvent) =>
      cache.updateQuery(query, (before) => before && { ...applyInboxEvent(before, event), eventCursor: event.cursor }),
    page: (after: string, page: ConversationRowFragment[]) =>
      cache.writeQuery({ query: InboxDocument, variables: { ...variables, after }, data: inbox(page, true) }),
    shown: () => inOrder(data()).map(({ id }) => id),
    nextPageBegins: () => data().conversations.pageInfo.endCursor,
    counts: () => {
      const tabs = cache.readQuery({ query: InboxCountsDocument, variables: { me: variables.me } })!;
      return [tabs.open, tabs.pending, tabs.mine, tabs.unassigned].map(({ totalCount }) => totalCount);
    },
  };
}
