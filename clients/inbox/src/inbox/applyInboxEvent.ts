// What each event means for the list. Pure: from the data before to the data after.

import type { ConversationRowFragment, InboxEventsSubscription, InboxQuery } from '../api/generated';

export type InboxEvent = InboxEventsSubscription['inboxEvents'];
type Edge = InboxQuery['conversations']['edges'][number];

/** Applies one event. An event that comes twice, or that the rows already show, changes nothing. */
export function applyInboxEvent(inbox: InboxQuery, event: InboxEvent): InboxQuery {
  switch (event.__typename) {
    case 'ConversationEntered':
    case 'ConversationChanged':
    case 'ConversationAssigned':
      return withConversation(inbox, event.conversation);
    case 'ConversationLeft':
      return withEdges(inbox, inbox.conversations.edges.filter(({ node }) => node.id !== event.conversationId));
    case 'InboxCountsChanged': {
      const { open, pending, snoozed, mine, unassigned } = event.counts;
      return {
        ...inbox,
        open: { ...inbox.open, totalCount: open },
        // What sleeps is pending as well, and stands in that list.
        pending: { ...inbox.pending, totalCount: pending + snoozed },
        mine: { ...inbox.mine, totalCount: mine },
        unassigned: { ...inbox.unassigned, totalCount: unassigned },
      };
    }
    case 'StreamReady':
    case 'StreamHeartbeat':
    case 'StreamGap':
      // Only the cursor moves, which the caller sees to.
      return inbox;
  }
}

/** The conversations as they are shown: each once, the one that was written to last on top. */
export function inOrder(inbox: InboxQuery): ConversationRowFragment[] {
  // A page and an event that cross each other may bring a row twice; both are the same object of the cache.
  const rows = new Map(inbox.conversations.edges.map(({ node }) => [node.id, node]));
  return [...rows.values()].sort(byLastMessage);
}

/** The order that the query asks for. */
function byLastMessage(a: ConversationRowFragment, b: ConversationRowFragment): number {
  return timeOf(b) - timeOf(a) || (a.id < b.id ? 1 : -1);
}

function timeOf({ lastMessageAt }: ConversationRowFragment): number {
  return lastMessageAt === null ? 0 : Date.parse(lastMessageAt);
}

function withConversation(inbox: InboxQuery, conversation: ConversationRowFragment): InboxQuery {
  const { edges, pageInfo } = inbox.conversations;
  if (edges.some(({ node }) => node.id === conversation.id)) {
    return withEdges(
      inbox,
      edges.map((edge) => (edge.node.id === conversation.id ? { ...edge, node: conversation } : edge)),
    );
  }
  // A row that belongs to a page not loaded yet comes with that page.
  const last = edges.at(-1)?.node;
  if (pageInfo.hasNextPage && last && byLastMessage(conversation, last) > 0) return inbox;
  // In front, whatever its place: the next page begins behind the last edge, and `inOrder` sorts.
  return withEdges(inbox, [{ __typename: 'ConversationEdge', cursor: '', node: conversation }, ...edges]);
}

function withEdges(inbox: InboxQuery, edges: Edge[]): InboxQuery {
  return { ...inbox, conversations: { ...inbox.conversations, edges } };
}
