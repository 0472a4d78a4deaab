// Apollo Client 4, as an app uses it: the inbox screen's query, lists paged with
// relayStylePagination to the last row and back while another client writes, and
// a mutation that the screen sees through the cache. What it inserts, it deletes.

import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

import { endpoint, example, expect, expectEqual, run, token } from './gateway.mjs';

const PAGE = 50;
/** How many rows the other client inserts during one walk. */
const INSERTS = 12;
/** Lists that are hard to page, each for its own reason. */
const ORDERS = [
  { why: 'new rows at the end', by: [{ field: 'CREATED_AT', direction: 'ASC' }], grows: true },
  { why: 'ties, new rows in between', by: [{ field: 'DISPLAY_NAME', direction: 'ASC' }] },
  { why: 'nulls and ties', by: [{ field: 'LAST_CONTACTED_AT', direction: 'DESC', nulls: 'LAST' }] },
];

const CONTACTS = gql`
  query Contacts($first: Int, $after: String, $last: Int, $before: String, $orderBy: [ContactOrder!]) {
    contacts(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
      totalCount
      edges {
        cursor
        node {
          id
          displayName
          version
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`;

const CREATE = gql`
  mutation Create($input: CreateContactInput!) {
    createContact(input: $input) {
      contact {
        id
        displayName
        version
      }
      errors {
        code
        message
        path
      }
    }
  }
`;

const RENAME = gql`
  mutation Rename($input: UpdateContactInput!) {
    updateContact(input: $input) {
      contact {
        id
        displayName
        version
      }
      errors {
        code
        message
        path
      }
    }
  }
`;

const DELETE = gql`
  mutation Delete($input: DeleteContactInput!) {
    deleteContact(input: $input) {
      errors {
        code
        message
        path
      }
    }
  }
`;

async function main(ok) {
  const writer = new Writer();
  try {
    await inbox(ok);
    for (const order of ORDERS) await walk(order, writer, ok);
    await rename(writer, ok);
  } catch (difference) {
    // What went wrong first is what to tell.
    await writer.cleanUp().catch(() => {});
    throw difference;
  }
  await writer.cleanUp();
}

/** The inbox screen: what it asks for, and that the cache can answer it again. */
async function inbox(ok) {
  const { client } = app();
  const query = gql(await example('inbox'));
  const { data } = await client.query({ query });
  const { nodes, totalCount, pageInfo } = data.conversations;
  expect(nodes.length > 0, 'The inbox is empty: is the demo data loaded?');
  expectEqual(nodes.length, Math.min(25, totalCount), 'rows of the inbox');
  expectEqual(pageInfo.hasNextPage, totalCount > 25, 'hasNextPage of the inbox');
  expect(nodes.every((row) => row.status === 'OPEN'), 'The inbox shows conversations that are not open.');
  const times = nodes.map((row) => (row.lastMessageAt ? Date.parse(row.lastMessageAt) : -Infinity));
  expectEqual(times, times.toSorted((a, b) => b - a), 'order of the inbox by lastMessageAt, nulls last');
  for (const row of nodes) {
    expect(row.messages.nodes.length <= 5, `${row.id} shows more than its last 5 messages.`);
  }
  expectEqual(client.readQuery({ query }), data, 'the inbox read again from the cache');
  ok(`the inbox query shows ${nodes.length} of ${totalCount} open conversations`);
}

/** Reads a list to its last row and back, while `writer` inserts into it. */
async function walk({ why, by, grows }, writer, ok) {
  const before = await allRows();
  const forward = await walkOneWay({ by, writer, step: forwards });
  expectWhole(forward, before, `${by[0].field} forwards`);
  if (grows) expectSubset(forward.due, forward.ids, `${by[0].field} forwards, rows inserted ahead of the reader`);

  const between = await allRows();
  const backward = await walkOneWay({ by, writer, step: backwards });
  expectWhole(backward, between, `${by[0].field} backwards`);

  const common = new Set(backward.ids);
  const there = forward.ids.filter((id) => common.has(id));
  const known = new Set(there);
  expectEqual(backward.ids.filter((id) => known.has(id)), there, `${by[0].field}: the order there and back`);
  ok(
    `${by[0].field} (${why}): ${forward.ids.length} rows in ${forward.pages} pages to the last row, ` +
      `${backward.ids.length} back`,
  );
}

const forwards = {
  size: { first: PAGE },
  next: (info) => (info.hasNextPage ? { after: info.endCursor } : null),
};

const backwards = {
  size: { last: PAGE },
  next: (info) => (info.hasPreviousPage ? { before: info.startCursor } : null),
};

/**
 * Pages with a client of its own, whose cache joins the pages. Returns the ids
 * the cache holds in the end, and those of the inserted rows that were there
 * before the last page was asked for.
 */
async function walkOneWay({ by, writer, step }) {
  const { client } = app();
  const variables = { ...step.size, orderBy: by };
  let { data } = await client.query({ query: CONTACTS, variables });
  const list = client.watchQuery({ query: CONTACTS, variables });
  const watching = list.subscribe({});
  try {
    let pages = 1;
    const inserted = [];
    let due = [];
    for (let move = step.next(data.contacts.pageInfo); move; move = step.next(data.contacts.pageInfo)) {
      const rows = data.contacts.edges.length;
      expectEqual(rows, PAGE, `rows of page ${pages}, which is not the last`);
      expect(pages * PAGE <= data.contacts.totalCount + PAGE, `Paging does not end: page ${pages}.`);
      due = [...inserted];
      const reading = list.fetchMore({ variables: move });
      // Not awaited first: the write runs while the page is read.
      const writing = pages <= INSERTS ? writer.insert() : null;
      [{ data }] = await Promise.all([reading, writing?.then((id) => inserted.push(id))]);
      pages += 1;
    }
    expect(data.contacts.edges.length > 0, 'The last page is empty.');
    const joined = client.readQuery({ query: CONTACTS, variables });
    return { ids: joined.contacts.edges.map((edge) => edge.node.id), due, inserted, pages };
  } finally {
    watching.unsubscribe();
  }
}

/** The ids of all contacts, read by another order and page size, past Apollo. */
async function allRows() {
  const { client } = app();
  const ids = [];
  let after = null;
  let total;
  do {
    const { data } = await client.query({
      query: CONTACTS,
      variables: { first: 37, after, orderBy: [{ field: 'CREATED_AT', direction: 'DESC' }] },
      fetchPolicy: 'no-cache',
    });
    const { edges, pageInfo, totalCount } = data.contacts;
    ids.push(...edges.map((edge) => edge.node.id));
    total = totalCount;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  expectEqual(ids.length, total, 'rows of the list, against its totalCount');
  return ids;
}

/** No row twice, none of `before` missing, none that nobody wrote. */
function expectWhole({ ids, inserted }, before, what) {
  expectEqual(ids.length, new Set(ids).size, `${what}: rows, each once`);
  expectSubset(before, ids, `${what}, rows that were there from the start`);
  expectSubset(ids, [...before, ...inserted], `${what}, rows nobody wrote`);
}

function expectSubset(some, all, what) {
  const there = new Set(all);
  const missing = some.filter((id) => !there.has(id));
  expect(missing.length === 0, `${what}: ${missing.length} of ${some.length} are not there, first ${missing[0]}`);
}

/** A screen shows a contact; a mutation renames it; the screen sees it without asking again. */
async function rename(writer, ok) {
  const id = await writer.insert();
  const { client, requests } = app();
  const variables = { last: 5, orderBy: [{ field: 'CREATED_AT', direction: 'ASC' }] };
  const { data } = await client.query({ query: CONTACTS, variables });
  const shown = [];
  const list = client.watchQuery({ query: CONTACTS, variables });
  const watching = list.subscribe(({ data }) => {
    const row = data?.contacts?.edges?.find((edge) => edge.node.id === id)?.node;
    if (row) shown.push(row.displayName);
  });
  try {
    const row = data.contacts.edges.find((edge) => edge.node.id === id)?.node;
    expect(row, 'The contact just created is not among the last five by CREATED_AT.');

    const displayName = `Renamed ${id.slice(-6)}`;
    const asked = requests();
    const input = { id, displayName, expectedVersion: row.version };
    const renamed = (await client.mutate({ mutation: RENAME, variables: { input } })).data.updateContact;
    expectEqual(renamed.errors, [], 'errors of updateContact');
    expectEqual(renamed.contact.displayName, displayName, 'the name that updateContact returns');
    expect(renamed.contact.version > row.version, `updateContact left version ${renamed.contact.version}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expectEqual(shown.at(-1), displayName, 'the name on the screen after the mutation');
    expectEqual(requests() - asked, 1, 'requests from the mutation to the new screen');
    ok('a mutation changes the screen through the cache');

    const late = (await client.mutate({ mutation: RENAME, variables: { input } })).data.updateContact;
    expectEqual(late.errors.map((error) => error.code), ['CONFLICT'], 'errors of an update of an old version');
    expectEqual(late.contact?.version, renamed.contact.version, 'the current object that CONFLICT returns');
    ok('an update of an old version is a CONFLICT with the current object');
  } finally {
    watching.unsubscribe();
  }
}

/** The other client: inserts contacts, and deletes them at the end. */
class Writer {
  #client = app().client;
  #ids = [];

  /** Inserts one contact and returns its id. */
  async insert() {
    // Anywhere in a list by name: before, between and behind what a reader has seen.
    const initial = 'AEIMÑRUZ'[this.#ids.length % 8];
    const input = { displayName: `${initial}pollo Client ${process.pid}-${this.#ids.length}` };
    const { data } = await this.#client.mutate({ mutation: CREATE, variables: { input } });
    const { contact, errors } = data.createContact;
    expectEqual(errors, [], 'errors of createContact');
    this.#ids.push(contact.id);
    return contact.id;
  }

  async cleanUp() {
    for (const id of this.#ids) {
      const { data } = await this.#client.mutate({ mutation: DELETE, variables: { input: { id } } });
      expectEqual(data.deleteContact.errors, [], 'errors of deleteContact');
    }
  }
}

/** A client as an app sets it up, and a count of the requests it made. */
function app() {
  let requests = 0;
  const counting = new ApolloLink((operation, forward) => {
    requests += 1;
    return forward(operation);
  });
  const http = new HttpLink({ uri: endpoint, headers: { authorization: `Bearer ${token()}` } });
  const client = new ApolloClient({
    link: ApolloLink.from([counting, http]),
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { contacts: relayStylePagination(['filter', 'orderBy']) } } },
    }),
  });
  return { client, requests: () => requests };
}

await run('apollo', main);
