import type { OperationVariables } from '@apollo/client';
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useCallback, useEffect, useState } from 'react';

import { codeOf, isPassing, sentenceOf } from './errors';
import { follow, type LiveEvent, type LiveQuery } from './follow';

/** How long to wait before a stream that could not begin is asked for again, in milliseconds; up to twice as long, spread. */
const SOON = 2_000;

/**
 * A query that stays up to date: its snapshot, then each change after it, exactly once and in order.
 *
 * Data and cursor lie in the cache together and move together. So nothing is fetched twice: after a reconnect the stream goes
 * on after the last event (see `ResumingLink`), and who comes back to a query seen before gets what has happened since.
 * Only when the gateway no longer has these changes (RESYNC_REQUIRED, after days) the query is sent again, once.
 *
 * The documents and variables must not change while the component lives: give it a `key` that changes with them.
 */
export function useLiveQuery<
  TData extends { eventCursor: string },
  TVariables extends OperationVariables,
  TEvent extends LiveEvent,
  TEventVariables extends OperationVariables,
>(live: LiveQuery<TData, TVariables, TEvent, TEventVariables>) {
  const client = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(live.query, { variables: live.variables } as useQuery.Options<
    TData,
    TVariables
  >);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const isLoaded = data !== undefined;

  useEffect(() => {
    if (!isLoaded) return;
    let soon: ReturnType<typeof setTimeout> | undefined;
    const stop = follow(client, live, (failure) => {
      const code = codeOf(failure);
      if (code === 'RESYNC_REQUIRED' || code === 'INVALID_CURSOR') {
        void refetch().then(
          () => setAttempt((before) => before + 1),
          (again: unknown) => setProblem(sentenceOf(again)),
        );
      } else {
        setProblem(sentenceOf(failure));
        if (isPassing(failure)) {
          soon = setTimeout(() => {
            setProblem(null);
            setAttempt((before) => before + 1);
          }, SOON + Math.random() * SOON);
        }
      }
    });
    return () => {
      clearTimeout(soon);
      stop();
    };
    // `live` is new at each render and constant in meaning, see above.
  }, [client, isLoaded, attempt]);

  const tryAgain = useCallback(() => {
    setProblem(null);
    setAttempt((before) => before + 1);
    if (!isLoaded) void refetch().catch(() => undefined);
  }, [isLoaded, refetch]);

  return { data: data as TData | undefined, problem: problem ?? (error ? sentenceOf(error) : null), fetchMore, tryAgain };
}
