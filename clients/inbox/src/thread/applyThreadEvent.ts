// What each event means for an open conversation. Pure: from the data before to the data after.

import type {
  ThreadEventsSubscription,
  ThreadMessageFragment,
  ThreadNoteFragment,
  ThreadQuery,
} from '../api/generated';

export type ThreadEvent = ThreadEventsSubscription['conversationEvents'];
type Conversation = NonNullable<ThreadQuery['conversation']>;
interface Edge<TNode> {
  cursor: string;
  node: TNode;
}

/** Applies one event. An event that comes twice, or that the rows already show, changes nothing. */
export function applyThreadEvent(thread: ThreadQuery, event: ThreadEvent): ThreadQuery {
  const { conversation } = thread;
  if (!conversation) return thread;
  switch (event.__typename) {
    case 'MessageAdded':
      return withMessage(thread, event.message);
    case 'MessageChanged':
      return withMessages(thread, replaced(conversation.messages.edges, event.message));
    case 'NoteAdded':
      return withNote(thread, event.note);
    case 'NoteChanged':
      return withNotes(thread, replaced(conversation.notes.edges, event.note));
    case 'NoteRemoved':
      return withNotes(thread, conversation.notes.edges.filter(({ node }) => node.id !== event.noteId));
    case 'ConversationChanged':
      return { ...thread, conversation: { ...conversation, ...event.conversation } };
    case 'NoLongerVisible':
      return { ...thread, conversation: null };
    case 'StreamReady':
    case 'StreamHeartbeat':
    case 'StreamGap':
      // Only the cursor moves, which the caller sees to.
      return thread;
  }
}

/**
 * The thread with what a mutation answered. Where an event was faster, its object is kept: it is at least as new, for
 * events and answers travel on different connections.
 */
export function withAnswer(
  thread: ThreadQuery,
  answer: { message: ThreadMessageFragment } | { note: ThreadNoteFragment },
): ThreadQuery {
  if (!thread.conversation) return thread;
  const { messages, notes } = thread.conversation;
  if ('message' in answer) return holds(messages.edges, answer.message) ? thread : withMessage(thread, answer.message);
  return holds(notes.edges, answer.note) ? thread : withNote(thread, answer.note);
}

function withMessage(thread: ThreadQuery, message: ThreadMessageFragment): ThreadQuery {
  if (!thread.conversation) return thread;
  const { edges } = thread.conversation.messages;
  const after = holds(edges, message)
    ? replaced(edges, message)
    : [...edges, { __typename: 'MessageEdge' as const, cursor: '', node: message }];
  return withMessages(thread, after);
}

function withNote(thread: ThreadQuery, note: ThreadNoteFragment): ThreadQuery {
  if (!thread.conversation) return thread;
  const { edges } = thread.conversation.notes;
  const after = holds(edges, note)
    ? replaced(edges, note)
    : [...edges, { __typename: 'InternalNoteEdge' as const, cursor: '', node: note }];
  return withNotes(thread, after);
}

function holds(edges: Edge<{ id: string }>[], { id }: { id: string }): boolean {
  return edges.some(({ node }) => node.id === id);
}

function replaced<TNode extends { id: string }, TEdge extends Edge<TNode>>(edges: TEdge[], node: TNode): TEdge[] {
  return edges.map((edge) => (edge.node.id === node.id ? { ...edge, node } : edge));
}

function withMessages(thread: ThreadQuery, edges: Conversation['messages']['edges']): ThreadQuery {
  const conversation = thread.conversation;
  return conversation
    ? { ...thread, conversation: { ...conversation, messages: { ...conversation.messages, edges } } }
    : thread;
}

function withNotes(thread: ThreadQuery, edges: Conversation['notes']['edges']): ThreadQuery {
  const conversation = thread.conversation;
  return conversation
    ? { ...thread, conversation: { ...conversation, notes: { ...conversation.notes, edges } } }
    : thread;
}
