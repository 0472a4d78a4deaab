import { useApolloClient, useQuery } from '@apollo/client/react';
import { useEffect, useState, useSyncExternalStore } from 'react';

import { sentenceOf } from '../api/errors';
import { ViewerDocument } from '../api/generated';
import { useConnection } from '../api/socket';
import markUrl from '../favicon.svg';
import { signOut } from '../session/session';
import { createOutbox } from '../thread/createOutbox';
import { Thread } from '../thread/Thread';
import { Colleagues } from './Colleagues';
import { ConversationList } from './ConversationList';
import type { View } from './views';
import { ViewTabs } from './ViewTabs';

/** The page of somebody who is signed in: the list on the left, the open conversation on the right. */
export function Inbox() {
  const client = useApolloClient();
  const { data, error, refetch } = useQuery(ViewerDocument);
  const [view, setView] = useState<View>('open');
  const [outbox] = useState(() => createOutbox(client));
  const conversationId = useConversationInAddress();

  useEffect(() => {
    outbox.open();
    // What is on its way lives in this page only.
    const ask = (event: BeforeUnloadEvent) => {
      if (!outbox.isEmpty) event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => {
      removeEventListener('beforeunload', ask);
      outbox.close();
    };
  }, [outbox]);

  if (!data) {
    return (
      <main className="page-state">
        <p role="status">{error ? sentenceOf(error) : 'Loading …'}</p>
        {error && <button onClick={() => void refetch()}>Try again</button>}
        {error && <button onClick={() => signOut()}>Sign out</button>}
      </main>
    );
  }
  const { user, tenant } = data.viewer;

  return (
    <div className={conversationId ? 'inbox with-thread' : 'inbox'}>
      <header className="bar">
        <h1>
          <img src={markUrl} alt="" width="26" height="26" />
          <span>Inbox</span>
        </h1>
        <ConnectionBadge />
        <Colleagues me={user.id} />
        <p className="who">
          <span>{user.displayName}</span> <small>{tenant.name}</small>
        </p>
        <button type="button" onClick={() => signOut()}>
          Sign out
        </button>
      </header>
      <section className="list-pane" aria-label="Conversations">
        <ViewTabs view={view} me={user.id} onChange={setView} />
        <ConversationList key={view} view={view} me={user.id} selected={conversationId} />
      </section>
      <main className="thread-pane">
        {conversationId ? (
          <Thread key={conversationId} conversationId={conversationId} me={user} outbox={outbox} />
        ) : (
          <p className="page-state">Choose a conversation.</p>
        )}
      </main>
    </div>
  );
}

/** Says in words whether what is on the screen is up to date. */
function ConnectionBadge() {
  const connection = useConnection();
  const words = { connecting: 'Connecting …', live: 'Live', reconnecting: 'Reconnecting …' };
  return (
    <p className={`connection ${connection}`} role="status">
      {words[connection]}
    </p>
  );
}

/** The conversation that the address names, as in `/inbox#conversation_…`: links, history and reloads just work. */
function useConversationInAddress(): string | null {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => location.hash.slice(1) || null,
  );
}
