import { InMemoryCache, type FieldPolicy } from '@apollo/client';
import { canonicalStringify, relayStylePagination } from '@apollo/client/utilities';

/** What the cache must know of the schema: how pages are joined, and to whom a cursor belongs. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      Query: {
        fields: {
          eventCursor: cursorOfEachQuery,
          // One list for each condition and order; pages of it are joined.
          conversations: relayStylePagination(['filter', 'orderBy']),
        },
      },
      Conversation: {
        fields: {
          messages: relayStylePagination(['orderBy']),
          notes: relayStylePagination(['orderBy']),
        },
      },
    },
  });
}

/**
 * Apollo keeps a field once, whoever asks for it. But an `eventCursor` belongs to the rows of the query that selected it: if
 * the thread's newer cursor took the place of the list's, the list would go on after events that it has never seen. So each
 * query has its own, told apart by its variables (and by an alias, where two queries take the same ones).
 */
const cursorOfEachQuery: FieldPolicy<string> = {
  keyArgs: (_arguments, { field, variables }) =>
    `eventCursor:${field?.alias?.value ?? ''}${canonicalStringify(variables ?? {})}`,
};
