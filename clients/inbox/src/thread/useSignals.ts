import { useApolloClient } from '@apollo/client/react';
import { useEffect, useMemo, useState } from 'react';

import { SetTypingDocument, ThreadSignalsDocument } from '../api/generated';
import { useConnection } from '../api/socket';
import { applySignal, companyOf, NOBODY, withoutTyping } from './applySignal';

/** Typing holds for 6 s at the gateway; should its end not arrive, this ends it here. */
const TYPING_ENDS_AFTER_MS = 7_000;
/** So that it goes on while one types. */
const SAY_TYPING_EVERY_MS = 3_000;

/** Who else is at the conversation; null for nobody, and while nobody can know. */
export function useCompany(conversationId: string, me: string): ReturnType<typeof companyOf> {
  const client = useApolloClient();
  const isLive = useConnection() === 'live';
  const [company, setCompany] = useState(NOBODY);

  useEffect(() => {
    const ends = new Map<string, ReturnType<typeof setTimeout>>();
    const subscription = client
      .subscribe({ query: ThreadSignalsDocument, variables: { conversationId }, fetchPolicy: 'no-cache' })
      .subscribe({
        next: ({ data }) => {
          const signal = data?.conversationSignals;
          if (!signal) return;
          setCompany((before) => applySignal(before, signal));
          if (signal.__typename === 'TypingChanged') {
            const { userId } = signal;
            clearTimeout(ends.get(userId));
            ends.set(userId, setTimeout(() => setCompany((now) => withoutTyping(now, userId)), TYPING_ENDS_AFTER_MS));
          }
        },
        // The thread's own stream tells the person what is wrong.
        error: () => setCompany(NOBODY),
      });
    return () => {
      subscription.unsubscribe();
      for (const end of ends.values()) clearTimeout(end);
    };
  }, [client, conversationId]);

  return useMemo(() => (isLive ? companyOf(company, me) : null), [company, isLive, me]);
}

/** Tells colleagues that one types here. Nothing depends on it, so nobody hears of failures. */
export function useTyping(conversationId: string): { typed: () => void; stopped: () => void } {
  const client = useApolloClient();
  const typing = useMemo(() => {
    let saidAt = 0;
    const say = (isTyping: boolean) => {
      saidAt = isTyping ? Date.now() : 0;
      const variables = { input: { conversationId, isTyping } };
      void client.mutate({ mutation: SetTypingDocument, variables, fetchPolicy: 'no-cache' }).catch(() => undefined);
    };
    return {
      typed: () => {
        if (Date.now() - saidAt > SAY_TYPING_EVERY_MS) say(true);
      },
      stopped: () => {
        if (saidAt > 0) say(false);
      },
    };
  }, [client, conversationId]);

  useEffect(() => typing.stopped, [typing]);
  return typing;
}
