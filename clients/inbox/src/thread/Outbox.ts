/** A message between the press of "Send" and the moment the gateway is known to have it. */
export interface OutgoingMessage {
  /** Chosen here, once. Sending again with the same one sends nothing twice. */
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly content: string;
  /** In milliseconds. */
  readonly writtenAt: number;
  /** `sending`: asked, or its turn is coming. `waiting`: no answer came, it is tried again. `refused`: the person decides. */
  readonly state: 'sending' | 'waiting' | 'refused';
  /** Why it was refused, as a sentence. */
  readonly problem: string | null;
}

/** Asks the gateway once. Resolves with null when it has the message, with a sentence when it refuses; rejects without an answer. */
export type Send = (message: OutgoingMessage) => Promise<string | null>;

const NONE: readonly OutgoingMessage[] = [];

/**
 * Sends messages, each exactly once, in the order they were written in their conversation.
 *
 * A lost answer says nothing about whether the message arrived, so it is sent again with the same `clientMessageId` until
 * there is an answer, or until the message's own event shows that it arrived (`confirm`).
 */
export class Outbox {
  private readonly lanes = new Map<string, readonly OutgoingMessage[]>();
  private readonly busy = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private isClosed = false;

  constructor(
    private readonly send: Send,
    private readonly pause: (attempt: number) => Promise<void> = pauseBeforeAttempt,
  ) {}

  /** What is on its way in a conversation, the oldest first; the same array until something changes. */
  messages(conversationId: string): readonly OutgoingMessage[] {
    return this.lanes.get(conversationId) ?? NONE;
  }

  /** Whether nothing is on its way, and nothing waits for a decision. */
  get isEmpty(): boolean {
    return this.lanes.size === 0;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(conversationId: string, content: string): void {
    const message: OutgoingMessage = {
      clientMessageId: crypto.randomUUID(),
      conversationId,
      content,
      writtenAt: Date.now(),
      state: 'sending',
      problem: null,
    };
    this.change(conversationId, [...this.messages(conversationId), message]);
    void this.work(conversationId);
  }

  /** The message is in the thread: nothing is left to do. */
  confirm(conversationId: string, clientMessageId: string): void {
    const before = this.messages(conversationId);
    const after = before.filter((message) => message.clientMessageId !== clientMessageId);
    if (after.length !== before.length) this.change(conversationId, after);
  }

  /** Sends a refused message again. */
  retry(conversationId: string, clientMessageId: string): void {
    this.update(conversationId, clientMessageId, { state: 'sending', problem: null });
    void this.work(conversationId);
  }

  /** Gives up a refused message. */
  discard(conversationId: string, clientMessageId: string): void {
    this.confirm(conversationId, clientMessageId);
  }

  /** Stops sending, for example when the person signs out. */
  close(): void {
    this.isClosed = true;
  }

  /** Goes on after `close`. */
  open(): void {
    this.isClosed = false;
    for (const conversationId of this.lanes.keys()) void this.work(conversationId);
  }

  private async work(conversationId: string): Promise<void> {
    if (this.busy.has(conversationId)) return;
    this.busy.add(conversationId);
    let attempt = 0;
    for (let next = this.next(conversationId); next && !this.isClosed; next = this.next(conversationId)) {
      const { clientMessageId } = next;
      try {
        const problem = await this.send(next);
        attempt = 0;
        if (problem === null) this.confirm(conversationId, clientMessageId);
        else this.update(conversationId, clientMessageId, { state: 'refused', problem });
      } catch {
        this.update(conversationId, clientMessageId, { state: 'waiting', problem: null });
        await this.pause(attempt);
        attempt += 1;
      }
    }
    this.busy.delete(conversationId);
  }

  /** The oldest message that waits for nobody's decision. */
  private next(conversationId: string): OutgoingMessage | undefined {
    return this.messages(conversationId).find(({ state }) => state !== 'refused');
  }

  private update(
    conversationId: string,
    clientMessageId: string,
    changed: Pick<OutgoingMessage, 'state' | 'problem'>,
  ): void {
    this.change(
      conversationId,
      this.messages(conversationId).map((message) =>
        message.clientMessageId === clientMessageId ? { ...message, ...changed } : message,
      ),
    );
  }

  private change(conversationId: string, messages: readonly OutgoingMessage[]): void {
    if (messages.length > 0) this.lanes.set(conversationId, messages);
    else this.lanes.delete(conversationId);
    for (const listener of this.listeners) listener();
  }
}

/** One to fifteen seconds, longer after each failure; at once when the network comes back. */
function pauseBeforeAttempt(attempt: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(1000 * 2 ** attempt, 15_000));
    addEventListener('online', done);
  });
}
