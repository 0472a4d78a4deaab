// Rows for the tests of this folder.

import type { ConversationRowFragment, InboxQuery } from '../api/generated';

export function inbox(rows: ConversationRowFragment[], hasNextPage = false): InboxQuery {
  const none = { __typename: 'ConversationConnection' as const, totalCount: 0 };
  return {
    eventCursor: '0',
    conversations: {
      __typename: 'ConversationConnection',
      edges: rows.map(edge),
      pageInfo: { __typename: 'PageInfo', hasNextPage, endCursor: rows.at(-1)?.id ?? null },
    },
    open: none,
    pending: none,
    mine: none,
    unassigned: none,
  };
}

export function edge(node: ConversationRowFragment): InboxQuery['conversations']['edges'][number] {
  return { __typename: 'ConversationEdge', cursor: node.id, node };
}

export function row(id: string, minute: number): ConversationRowFragment {
  return {
    __typename: 'Conversation',
    id,
    channel: 'WHATSAPP',
    status: 'OPEN',
    isSnoozed: false,
    unreadCount: 0,
    lastMessageAt: new Date(minute * 60_000).toISOString(),
    lastMessagePreview: null,
    whatsapp24hExpiresAt: null,
    contact: null,
    assignedTo: null,
  };
}
