import { ApolloLink } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { print } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { Observable } from 'rxjs';

/**
 * Runs subscriptions so that they go on where they stopped: after a reconnect, and after a `StreamGap`, with which the
 * gateway ends the stream of a client that was too slow. Either way the next event is the one after the last that arrived.
 *
 * All it takes is that the operation has a variable `after` and selects `cursor` in every event.
 */
export class ResumingLink extends ApolloLink {
  constructor(private readonly client: Pick<Client, 'subscribe'>) {
    super();
  }

  override request(operation: ApolloLink.Operation): Observable<ApolloLink.Result> {
    return new Observable((observer) => {
      // graphql-ws sends this very object again when it reconnects, so what counts is the `after` it holds by then.
      const request = {
        query: print(operation.query),
        operationName: operation.operationName ?? null,
        variables: { ...operation.variables },
      };
      let stop = () => {};
      let isGap = false;

      const start = () => {
        isGap = false;
        stop = this.client.subscribe(request, {
          next: (result) => {
            const event = eventOf(result);
            if (event?.cursor && 'after' in request.variables) request.variables.after = event.cursor;
            isGap = event?.__typename === 'StreamGap';
            observer.next(result as ApolloLink.Result);
          },
          complete: () => (isGap ? start() : observer.complete()),
          error: (reason) => observer.error(asError(reason)),
        });
      };

      start();
      return () => stop();
    });
  }
}

/** The one root field of a subscription's result. */
function eventOf(result: { data?: Record<string, unknown> | null | undefined }): { __typename?: string; cursor?: string } | null {
  return (Object.values(result.data ?? {})[0] as { __typename?: string; cursor?: string } | null | undefined) ?? null;
}

/** graphql-ws fails with an error, the list of the gateway's errors, or the event of the socket's end. */
function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  if (Array.isArray(reason)) return new CombinedGraphQLErrors({ errors: reason as GraphQLFormattedError[] });
  const { code, reason: said } = reason as { code?: number; reason?: string };
  return new Error(said || `The connection ended${code === undefined ? '' : ` with code ${code}`}.`);
}
