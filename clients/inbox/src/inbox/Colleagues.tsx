import { useApolloClient } from '@apollo/client/react';
import { useEffect, useState } from 'react';

import { PresenceDocument, type PresenceSubscription } from '../api/generated';
import { useConnection } from '../api/socket';

type Colleague = PresenceSubscription['presence']['users'][number];

/** Who else of the business is there. Watching says that oneself is. */
export function Colleagues({ me }: { me: string }) {
  const client = useApolloClient();
  const isLive = useConnection() === 'live';
  const [colleagues, setColleagues] = useState<ReadonlyMap<string, Colleague>>(new Map());

  useEffect(() => {
    const subscription = client.subscribe({ query: PresenceDocument, fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data }) => {
        if (!data) return;
        const { isSnapshot, users } = data.presence;
        setColleagues((before) => new Map([...(isSnapshot ? [] : before), ...users.map((user) => [user.userId, user] as const)]));
      },
      // Presence is a courtesy: nobody needs to hear that it is missing.
      error: () => setColleagues(new Map()),
    });
    return () => subscription.unsubscribe();
  }, [client]);

  // While the socket is away, nobody knows.
  if (!isLive) return null;
  const names = [...colleagues.values()]
    .filter(({ userId, status }) => userId !== me && status === 'ONLINE')
    .map(({ user }) => user?.displayName ?? 'Somebody')
    .sort((a, b) => a.localeCompare(b));
  if (names.length === 0) return null;
  return (
    <p className="colleagues" title={names.join(', ')}>
      {names.length === 1 ? `${names[0]} is here` : `${names.length} colleagues are here`}
      <span className="hidden">: {names.join(', ')}</span>
    </p>
  );
}
