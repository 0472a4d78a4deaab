// Apollo Client: queries and mutations over HTTP, subscriptions over the socket.

import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { OperationTypeNode } from 'graphql';

import { freshToken, renewToken } from '../session/session';
import { createCache } from './cache';
import { ResumingLink } from './ResumingLink';
import { socket } from './socket';

/** A client for one session; another person gets another one, with an empty cache. */
export function createApolloClient(): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new ResumingLink(socket),
      new HttpLink({ uri: '/graphql', fetch: authorizedFetch, credentials: 'omit' }),
    ),
    cache: createCache(),
  });
}

/** Adds the token, and tries once more with another when the gateway refuses it (a clock that is wrong, a key that is gone). */
async function authorizedFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const send = (token: string) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  const token = await freshToken();
  const response = await send(token);
  return response.status === 401 ? send(await renewToken(token)) : response;
}
