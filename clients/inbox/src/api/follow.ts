import type { ApolloClient, OperationVariables, TypedDocumentNode } from '@apollo/client';

export interface LiveEvent {
  readonly __typename: string;
  readonly cursor: string;
}

export interface LiveQuery<TData, TVariables extends OperationVariables, TEvent, TEventVariables extends OperationVariables> {
  /** Selects `eventCursor` beside its rows. */
  readonly query: TypedDocumentNode<TData, TVariables>;
  readonly variables: NoInfer<TVariables>;
  /** Tells of every change after `$after`. */
  readonly events: TypedDocumentNode<Record<string, TEvent>, TEventVariables>;
  readonly eventVariables: Omit<NoInfer<TEventVariables>, 'after'>;
  /** The data with one event applied. Applying an event twice, or to data that already shows it, must change nothing. */
  readonly apply: (data: TData, event: TEvent) => TData;
}

/** Subscribes after the cached cursor, and writes each event into the cached query. */
export function follow<
  TData extends { eventCursor: string },
  TVariables extends OperationVariables,
  TEvent extends LiveEvent,
  TEventVariables extends OperationVariables,
>(
  client: ApolloClient,
  { query, variables, events, eventVariables, apply }: LiveQuery<TData, TVariables, TEvent, TEventVariables>,
  onFailure: (failure: unknown) => void,
): () => void {
  const cached = { query, variables };
  const after = client.cache.readQuery(cached)?.eventCursor;
  const subscription = client
    .subscribe({
      query: events,
      variables: { ...eventVariables, after } as unknown as TEventVariables,
      // `apply` decides what an event means; the objects in it reach the cache with the query's data.
      fetchPolicy: 'no-cache',
    })
    .subscribe({
      next: ({ data, error }) => {
        if (error) return onFailure(error);
        const event = data && Object.values(data as Record<string, TEvent>)[0];
        if (!event) return;
        client.cache.updateQuery<TData, TVariables>(cached, (before) =>
          before && { ...apply(before, event), eventCursor: event.cursor },
        );
      },
      error: onFailure,
    });
  return () => subscription.unsubscribe();
}
