// Rows for the tests of this folder.

import type { ThreadMessageFragment, ThreadNoteFragment, ThreadQuery } from '../api/generated';
import type { OutgoingMessage } from './Outbox';

export function thread(messages: ThreadMessageFragment[], notes: ThreadNoteFragment[] = [], hasOlder = false): ThreadQuery {
  const pageInfo = { __typename: 'PageInfo' as const, hasPreviousPage: hasOlder, startCursor: messages[0]?.id ?? null };
  return {
    eventCursor: '0',
    conversation: {
      __typename: 'Conversation',
      id: 'conversation_1',
      channel: 'WEB_CHAT',
      status: 'OPEN',
      isSnoozed: false,
      unreadCount: 0,
      lastMessageAt: null,
      lastMessagePreview: null,
      whatsapp24hExpiresAt: null,
      contact: null,
      assignedTo: null,
      messages: {
        __typename: 'MessageConnection',
        edges: messages.map((node) => ({ __typename: 'MessageEdge', cursor: node.id, node })),
        pageInfo,
      },
      notes: {
        __typename: 'InternalNoteConnection',
        edges: notes.map((node) => ({ __typename: 'InternalNoteEdge', cursor: node.id, node })),
        pageInfo,
      },
    },
  };
}

export function message(id: string, minute: number, more: Partial<ThreadMessageFragment> = {}): ThreadMessageFragment {
  return {
    __typename: 'Message',
    id,
    clientMessageId: null,
    createdAt: new Date(minute * 60_000).toISOString(),
    content: id,
    contentType: 'TEXT',
    fileUrl: null,
    senderType: 'USER',
    deliveryStatus: 'QUEUED',
    errorMessage: null,
    isRetryable: null,
    sender: null,
    ...more,
  };
}

export function note(id: string, minute: number): ThreadNoteFragment {
  return { __typename: 'InternalNote', id, createdAt: new Date(minute * 60_000).toISOString(), body: id, author: null };
}

export function outgoing(clientMessageId: string): OutgoingMessage {
  return { clientMessageId, conversationId: 'conversation_1', content: 'x', writtenAt: 0, state: 'sending', problem: null };
}
