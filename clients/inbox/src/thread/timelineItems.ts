// What the thread shows, from top to bottom.

import type { ThreadMessageFragment, ThreadNoteFragment, ThreadQuery } from '../api/generated';
import type { OutgoingMessage } from './Outbox';

export type TimelineItem =
  | { readonly kind: 'message'; readonly key: string; readonly message: ThreadMessageFragment }
  | { readonly kind: 'note'; readonly key: string; readonly note: ThreadNoteFragment }
  | { readonly kind: 'outgoing'; readonly key: string; readonly outgoing: OutgoingMessage };

/**
 * Messages and notes in the order they were written, and below them what is on its way.
 *
 * A message that is on its way is shown until the message itself is there, whether an event or the answer brought it: both
 * carry its `clientMessageId`. So it is never shown twice, and never not at all. It keeps its key, so nothing flickers.
 */
export function timelineItems(thread: ThreadQuery, outgoing: readonly OutgoingMessage[]): TimelineItem[] {
  if (!thread.conversation) return [];
  const { messages, notes } = thread.conversation;

  const items = new Map<string, TimelineItem>();
  const arrived = new Set<string>();
  for (const { node } of messages.edges) {
    if (node.clientMessageId) arrived.add(node.clientMessageId);
    items.set(node.id, { kind: 'message', key: node.clientMessageId ?? node.id, message: node });
  }
  // Notes are paged apart: one that is older than the oldest message here appears with its neighbours.
  const oldest = messages.pageInfo.hasPreviousPage ? messages.edges[0]?.node.createdAt : undefined;
  for (const { node } of notes.edges) {
    if (oldest === undefined || Date.parse(node.createdAt) >= Date.parse(oldest)) {
      items.set(node.id, { kind: 'note', key: node.id, note: node });
    }
  }

  const written = [...items.entries()]
    .map(([id, item]) => ({ id, item, at: writtenAt(item) }))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map(({ item }) => item);
  const onItsWay = outgoing
    .filter(({ clientMessageId }) => !arrived.has(clientMessageId))
    .map((message) => ({ kind: 'outgoing' as const, key: message.clientMessageId, outgoing: message }));
  return [...written, ...onItsWay];
}

/** When an item was written, in milliseconds. */
export function writtenAt(item: TimelineItem): number {
  switch (item.kind) {
    case 'message':
      return Date.parse(item.message.createdAt);
    case 'note':
      return Date.parse(item.note.createdAt);
    case 'outgoing':
      return item.outgoing.writtenAt;
  }
}
