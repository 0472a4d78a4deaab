import { describe, expect, it } from 'vitest';

import type { ConversationRowFragment, InboxQuery } from '../api/generated';
import { applyInboxEvent, inOrder, type InboxEvent } from './applyInboxEvent';
import { edge, inbox, row } from './testing';

describe('the list', () => {
  it('puts a conversation that was written to on top', () => {
    const before = inbox([row('a', 3), row('b', 2), row('c', 1)]);
    expect(shown(applyInboxEvent(before, changed(row('c', 4))))).toEqual(['c', 'a', 'b']);
  });

  it('shows a conversation once, however often and in whatever order it is told of', () => {
    let data = inbox([row('a', 3)]);
    for (const event of [entered(row('b', 4)), changed(row('b', 5)), entered(row('b', 5)), changed(row('a', 6))]) {
      data = applyInboxEvent(data, event);
    }
    expect(shown(data)).toEqual(['a', 'b']);
  });

  it('changes nothing when an event comes again', () => {
    const once = applyInboxEvent(inbox([row('a', 3)]), entered(row('b', 4)));
    expect(applyInboxEvent(once, entered(row('b', 4)))).toEqual(once);
  });

  it('shows a row once that a page and an event brought', () => {
    const data = applyInboxEvent(inbox([row('a', 9), row('b', 8)], true), entered(row('c', 9.5)));
    data.conversations.edges.push(edge(row('c', 7)));
    expect(shown(data)).toHaveLength(3);
  });

  it('leaves a row to the page it belongs to, and takes it when there are no more pages', () => {
    const old = entered(row('z', 1));
    expect(shown(applyInboxEvent(inbox([row('a', 9)], true), old))).toEqual(['a']);
    expect(shown(applyInboxEvent(inbox([row('a', 9)], false), old))).toEqual(['a', 'z']);
  });

  it('orders rows of the same moment, and puts those without a message last', () => {
    const silent = { ...row('d', 0), lastMessageAt: null };
    expect(shown(inbox([silent, row('a', 5), row('b', 5), row('c', 6)]))).toEqual(['c', 'b', 'a', 'd']);
  });

  it('keeps the edge on which the next page begins at the end', () => {
    const data = applyInboxEvent(inbox([row('a', 3), row('b', 2)], true), entered(row('c', 4)));
    expect(data.conversations.edges.at(-1)?.node.id).toBe('b');
  });

  it('lets a conversation go, and does not mind one that it never had', () => {
    const before = inbox([row('a', 3), row('b', 2)]);
    expect(shown(applyInboxEvent(before, left('a')))).toEqual(['b']);
    expect(shown(applyInboxEvent(before, left('x')))).toEqual(['a', 'b']);
  });

  it('takes over the counts', () => {
    const counts = { open: 7, pending: 2, snoozed: 1, mine: 3, unassigned: 4, unread: 5 };
    const data = applyInboxEvent(inbox([]), {
      __typename: 'InboxCountsChanged',
      cursor: '1',
      counts: { __typename: 'InboxCounts', ...counts },
    });
    expect([data.open, data.pending, data.mine, data.unassigned].map(({ totalCount }) => totalCount)).toEqual([7, 3, 3, 4]);
  });
});

const entered = (conversation: ConversationRowFragment): InboxEvent => ({
  __typename: 'ConversationEntered',
  cursor: '1',
  conversation,
});
const changed = (conversation: ConversationRowFragment): InboxEvent => ({
  __typename: 'ConversationChanged',
  cursor: '1',
  conversation,
});
const left = (conversationId: string): InboxEvent => ({ __typename: 'ConversationLeft', cursor: '1', conversationId });
const shown = (data: InboxQuery) => inOrder(data).map(({ id }) => id);
