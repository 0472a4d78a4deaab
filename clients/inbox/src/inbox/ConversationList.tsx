import { useMemo, useState, type KeyboardEvent } from 'react';

import { InboxDocument, InboxEventsDocument, type ConversationRowFragment } from '../api/generated';
import { useLiveQuery } from '../api/useLiveQuery';
import { shortTime, words } from '../words';
import { applyInboxEvent, inOrder } from './applyInboxEvent';
import { conditionsOf, type View } from './views';

/** The conversations of one view, live. Mounted anew for each view. */
export function ConversationList({ view, me, selected }: { view: View; me: string; selected: string | null }) {
  const { rows, events } = conditionsOf(view, me);
  const { data, problem, fetchMore, tryAgain } = useLiveQuery({
    query: InboxDocument,
    variables: rows,
    events: InboxEventsDocument,
    eventVariables: { filter: events },
    apply: applyInboxEvent,
  });
  const conversations = useMemo(() => (data ? inOrder(data) : []), [data]);
  const [isPaging, setPaging] = useState(false);

  async function showMore() {
    setPaging(true);
    await fetchMore({ variables: { after: data?.conversations.pageInfo.endCursor ?? null } }).catch(() => undefined);
    setPaging(false);
  }

  return (
    <div className="list">
      {problem && (
        <p className="problem" role="alert">
          {problem}{' '}
          <button type="button" onClick={tryAgain}>
            Try again
          </button>
        </p>
      )}
      {!data && !problem && <p role="status">Loading …</p>}
      {data && conversations.length === 0 && <p role="status">Nothing here.</p>}
      <ul onKeyDown={moveFocus}>
        {conversations.map((conversation) => (
          <li key={conversation.id}>
            <Row conversation={conversation} me={me} isSelected={conversation.id === selected} />
          </li>
        ))}
      </ul>
      {data?.conversations.pageInfo.hasNextPage && (
        <button type="button" className="more" disabled={isPaging} onClick={() => void showMore()}>
          Show more
        </button>
      )}
    </div>
  );
}

function Row({ conversation, me, isSelected }: { conversation: ConversationRowFragment; me: string; isSelected: boolean }) {
  const { id, contact, channel, isSnoozed, unreadCount, lastMessageAt, lastMessagePreview, assignedTo } = conversation;
  return (
    <a href={`#${id}`} className="row" aria-current={isSelected ? 'true' : undefined}>
      <span className="name">{contact?.displayName ?? 'Somebody'}</span>
      {lastMessageAt && <time dateTime={lastMessageAt}>{shortTime(lastMessageAt)}</time>}
      <span className="preview">{lastMessagePreview ?? 'No text'}</span>
      {unreadCount > 0 && (
        <span className="unread">
          {unreadCount}
          <span className="hidden"> unread</span>
        </span>
      )}
      <small>
        {words(channel)}
        {assignedTo ? ` · ${assignedTo.id === me ? 'you' : assignedTo.displayName}` : ''}
        {isSnoozed ? ' · snoozed' : ''}
      </small>
    </a>
  );
}

/** The arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
