// One operation over HTTP without Apollo: for signing in and renewing, on which Apollo's links depend.

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

/** The gateway gave no answer that counts: trying again later may help. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Runs an operation that needs no session. Throws `NoAnswer`, or an error with the gateway's sentence. */
export async function post<TData, TVariables>(
  document: TypedDocumentNode<TData, TVariables>,
  variables: TVariables,
): Promise<TData> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { accept: 'application/graphql-response+json', 'content-type': 'application/json' },
    credentials: 'omit',
    body: JSON.stringify({ query: print(document), variables }),
  }).catch((reason: unknown) => {
    throw new NoAnswer('The gateway cannot be reached.', { cause: reason });
  });
  if (response.status >= 500) throw new NoAnswer(`The gateway answered ${response.status}.`);
  const { data, errors } = (await response.json()) as { data?: TData | null; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message ?? `The gateway answered ${response.status}.`);
  return data;
}
