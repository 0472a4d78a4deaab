import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';

import {
  MarkReadDocument,
  ThreadDocument,
  ThreadEventsDocument,
  type ConversationRowFragment,
  type ThreadQuery,
} from '../api/generated';
import { useAction } from '../api/useAction';
import { useLiveQuery } from '../api/useLiveQuery';
import { words } from '../words';
import { applyThreadEvent } from './applyThreadEvent';
import { Composer } from './Composer';
import { ConversationActions } from './ConversationActions';
import type { Outbox } from './Outbox';
import { Timeline } from './Timeline';
import { timelineItems } from './timelineItems';
import { useCompany } from './useSignals';

/** One open conversation, live. Mounted anew for each conversation. */
export function Thread({
  conversationId,
  me,
  outbox,
}: {
  conversationId: string;
  me: { id: string; displayName: string };
  outbox: Outbox;
}) {
  const { data, problem, fetchMore, tryAgain } = useLiveQuery({
    query: ThreadDocument,
    variables: { id: conversationId },
    events: ThreadEventsDocument,
    eventVariables: { conversationId },
    apply: applyThreadEvent,
  });
  const outgoing = useSyncExternalStore(outbox.subscribe, () => outbox.messages(conversationId));
  const items = useMemo(() => (data ? timelineItems(data, outgoing) : []), [data, outgoing]);
  const conversation = data?.conversation;
  useReading(conversation);

  // The event may be faster than the answer: then nothing needs to be sent again, should the answer get lost.
  useEffect(() => {
    for (const { node } of conversation?.messages.edges ?? []) {
      if (node.clientMessageId) outbox.confirm(conversationId, node.clientMessageId);
    }
  }, [conversation, conversationId, outbox]);

  async function showOlder() {
    if (!conversation) return;
    await fetchMore({
      variables: {
        // Apollo's paging gives an empty list the cursor ''.
        beforeMessage: conversation.messages.pageInfo.startCursor || null,
        beforeNote: conversation.notes.pageInfo.startCursor || null,
      },
    });
  }

  return (
    <article className="thread" aria-label={conversation?.contact?.displayName ?? 'Conversation'}>
      {problem && (
        <p className="problem" role="alert">
          {problem}{' '}
          <button type="button" onClick={tryAgain}>
            Try again
          </button>
        </p>
      )}
      {data === undefined && !problem && <p className="page-state">Loading …</p>}
      {conversation === null && (
        <p className="page-state">
          This conversation is not there, or not for you. <a href="#">Back to the list</a>
        </p>
      )}
      {conversation && (
        <>
          <Head conversation={conversation} me={me.id} />
          <Timeline
            items={items}
            me={me.id}
            contactName={conversation.contact?.displayName ?? 'The contact'}
            hasOlder={conversation.messages.pageInfo.hasPreviousPage}
            onOlder={showOlder}
            onRetry={(id) => outbox.retry(conversationId, id)}
            onDiscard={(id) => outbox.discard(conversationId, id)}
          />
          <Company conversationId={conversationId} me={me.id} />
          <Composer conversation={conversation} onSend={(content) => outbox.add(conversationId, content)} />
        </>
      )}
    </article>
  );
}

function Head({ conversation, me }: { conversation: ConversationRowFragment; me: string }) {
  const { contact, channel, status, assignedTo } = conversation;
  return (
    <header className="thread-head">
      <a className="back" href="#" aria-label="Back to the list">
        ‹
      </a>
      <div>
        <h2>{contact?.displayName ?? 'Somebody'}</h2>
        <p>
          {words(channel)}
          {contact?.phone ? ` · ${contact.phone}` : ''} · {words(status)} ·{' '}
          {assignedTo ? (assignedTo.id === me ? 'yours' : assignedTo.displayName) : 'unassigned'}
        </p>
      </div>
      <ConversationActions conversation={conversation} me={me} />
    </header>
  );
}

/** Who else is here: so that no contact gets two answers. */
function Company({ conversationId, me }: { conversationId: string; me: string }) {
  const company = useCompany(conversationId, me);
  return (
    <p className="company" role="status">
      {company && (company.isWarning ? <strong>{company.sentence}</strong> : company.sentence)}
    </p>
  );
}

/** Tells the gateway that an open conversation has been read, while the page is on the screen. */
function useReading(conversation: ThreadQuery['conversation'] | undefined) {
  const { run: markRead } = useAction(MarkReadDocument);
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const look = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  const id = conversation?.id;
  const unreadCount = conversation?.unreadCount ?? 0;
  useEffect(() => {
    // Nothing depends on it: should it fail, the next message or visit tries again.
    if (id && unreadCount > 0 && isVisible) void markRead({ id });
    // `markRead` is new at each render and always the same in meaning.
  }, [id, unreadCount, isVisible]);
}
