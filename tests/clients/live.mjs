// What the scripts of both live transports share: contacts that cause events, and
// a reading of them that remembers where it stands.

import { endpoint, expect, origin } from './gateway.mjs';

/** Every change of a contact, with the name it has by then. */
export const CHANGES = `
  subscription Changes($after: String) {
    changes(types: [CONTACT], after: $after) {
      __typename
      ... on Change { cursor kind node { ... on Contact { displayName } } }
      ... on StreamReady { cursor replayed }
      ... on StreamHeartbeat { cursor }
      ... on StreamGap { cursor }
    }
  }
`;

const CREATE = `
  mutation Create($input: CreateContactInput!) {
    createContact(input: $input) { contact { id } errors { message } }
  }
`;

const DELETE = `
  mutation Delete($input: DeleteContactInput!) {
    deleteContact(input: $input) { errors { message } }
  }
`;

/** Waits for something for as long as a busy machine may take. */
export function patiently(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('Nothing came within 60 s.')), 60_000);
  });
  return Promise.race([work(), late]).finally(() => clearTimeout(timer));
}

/** What an access token says. */
export function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}

/** A newer access token where the gateway gives them away, in development. */
export async function freshToken() {
  const logins = await fetch(`${origin}/dev/logins`);
  if (!logins.ok) return null;
  const [{ tenant, email }] = (await logins.json()).logins;
  const signedIn = await fetch(`${origin}/dev/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant, email }),
  });
  return signedIn.ok ? (await signedIn.json()).token : null;
}

/** Writes contacts over HTTP, as somebody else would, and deletes them in the end. */
export class ContactWriter {
  #token;
  #ids = [];

  constructor(token) {
    this.#token = token;
  }

  creation(displayName) {
    return { query: CREATE, variables: { input: { displayName } } };
  }

  /** Remembers what an answer says was made. */
  note(answer) {
    const { contact, errors } = answer.data?.createContact ?? {};
    expect(contact?.id, `No contact was made: ${JSON.stringify(errors ?? answer.errors)}`);
    this.#ids.push(contact.id);
  }

  /** The place in the log behind all that is written by now: what is read from there is exactly what follows. */
  async cursor() {
    return (await this.#send({ query: '{ eventCursor }' })).data.eventCursor;
  }

  async create(displayName) {
    this.note(await this.#send(this.creation(displayName)));
  }

  async clean() {
    for (const id of this.#ids.splice(0)) await this.#send({ query: DELETE, variables: { input: { id } } });
  }

  async #send(operation) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: JSON.stringify(operation),
    });
    return response.json();
  }
}

/** Events of CHANGES as names of contacts, and the cursor of the last one. */
export class Events {
  #names = [];
  #cursor = null;
  #isReady = false;
  #failure = null;
  #wake = () => {};
  #stop = () => {};

  constructor(subscribe) {
    this.#stop = subscribe(this.#sink());
  }

  /** Goes on after what has been read; what an older subscription still says is not listened to. */
  resume(subscribe) {
    this.#stop();
    this.#failure = null;
    this.#stop = subscribe(this.#sink(), this.#cursor);
  }

  async stop() {
    this.#stop();
  }

  ready() {
    return this.#until(() => this.#isReady);
  }

  async next() {
    await this.#until(() => this.#names.length > 0);
    return this.#names.shift();
  }

  #sink() {
    const sink = {
      next: ({ data, errors }) => {
        if (this.#current !== sink) return;
        if (errors) this.#failure = new Error(`The subscription failed: ${JSON.stringify(errors)}`);
        const event = data?.changes;
        if (event?.__typename === 'StreamReady') this.#isReady = true;
        if (event?.__typename === 'Change' && event.kind === 'CREATED') this.#names.push(event.node?.displayName);
        if (event?.cursor) this.#cursor = event.cursor;
        this.#wake();
      },
      error: (error) => {
        if (this.#current !== sink) return;
        this.#failure = error instanceof Error ? error : new Error(JSON.stringify(error));
        this.#wake();
      },
      complete: () => this.#wake(),
    };
    this.#current = sink;
    return sink;
  }

  #current = null;

  async #until(condition) {
    await patiently(async () => {
      while (!condition()) {
        if (this.#failure) throw this.#failure;
        await new Promise((resolve) => (this.#wake = resolve));
      }
    });
  }
}
