import { describe, expect, it } from 'vitest';

import { Outbox, type OutgoingMessage, type Send } from './Outbox';

const HERE = 'conversation_1';

describe('the outbox', () => {
  it('sends once and forgets the message when the gateway has it', async () => {
    const gateway = new Gateway();
    const outbox = new Outbox(gateway.send, noPause);
    outbox.add(HERE, 'hello');
    expect(states(outbox)).toEqual(['sending']);
    expect(outbox.isEmpty).toBe(false);
    await gateway.answer(null);
    expect(outbox.isEmpty).toBe(true);
    expect(gateway.asked).toHaveLength(1);
  });

  it('sends again with the same id when the answer is lost', async () => {
    const gateway = new Gateway();
    const outbox = new Outbox(gateway.send, noPause);
    outbox.add(HERE, 'hello');
    await gateway.lose();
    await gateway.lose();
    expect(states(outbox)).toEqual(['waiting']);
    await gateway.answer(null);
    expect(new Set(gateway.asked.map(({ clientMessageId }) => clientMessageId)).size).toBe(1);
    expect(gateway.asked).toHaveLength(3);
    expect(states(outbox)).toEqual([]);
  });

  it('sends no more when the event shows that a message with a lost answer has arrived', async () => {
    const gateway = new Gateway();
    let resume = () => {};
    const outbox = new Outbox(gateway.send, () => new Promise((resolve) => (resume = resolve)));
    outbox.add(HERE, 'hello');
    await gateway.lose();
    outbox.confirm(HERE, gateway.asked[0]!.clientMessageId);
    resume();
    await settle();
    expect(gateway.asked).toHaveLength(1);
    expect(states(outbox)).toEqual([]);
  });

  it('keeps the order within a conversation, and lets no conversation wait for another', async () => {
    const gateway = new Gateway();
    const outbox = new Outbox(gateway.send, noPause);
    outbox.add(HERE, 'first');
    outbox.add(HERE, 'second');
    outbox.add('conversation_2', 'elsewhere');
    expect(gateway.asked.map(({ content }) => content)).toEqual(['first', 'elsewhere']);
    await gateway.lose();
    await gateway.answer(null);
    await gateway.answer(null);
    expect(gateway.asked.map(({ content }) => content)).toEqual(['first', 'elsewhere', 'first', 'second']);
  });

  it('leaves a refused message to the person and goes on with the next', async () => {
    const gateway = new Gateway();
    const outbox = new Outbox(gateway.send, noPause);
    outbox.add(HERE, 'first');
    outbox.add(HERE, 'second');
    await gateway.answer('The window is closed.');
    expect(outbox.messages(HERE)[0]).toMatchObject({ state: 'refused', problem: 'The window is closed.' });
    await gateway.answer(null);
    expect(outbox.messages(HERE).map(({ content }) => content)).toEqual(['first']);

    outbox.retry(HERE, outbox.messages(HERE)[0]!.clientMessageId);
    await gateway.answer(null);
    expect(states(outbox)).toEqual([]);
    expect(gateway.asked[2]!.clientMessageId).toBe(gateway.asked[0]!.clientMessageId);
  });

  it('sends nothing more once it is closed', async () => {
    const gateway = new Gateway();
    const outbox = new Outbox(gateway.send, noPause);
    outbox.add(HERE, 'first');
    outbox.add(HERE, 'second');
    outbox.close();
    await gateway.lose();
    expect(gateway.asked).toHaveLength(1);
    outbox.open();
    expect(gateway.asked).toHaveLength(2);
  });

  it('gives the same array until something changes', () => {
    const outbox = new Outbox(new Gateway().send, noPause);
    expect(outbox.messages(HERE)).toBe(outbox.messages('conversation_2'));
    outbox.add(HERE, 'hello');
    expect(outbox.messages(HERE)).toBe(outbox.messages(HERE));
  });
});

/** Holds each request until the test answers it, the oldest first. */
class Gateway {
  readonly asked: OutgoingMessage[] = [];
  private readonly open: { resolve: (problem: string | null) => void; reject: (reason: Error) => void }[] = [];

  readonly send: Send = (message) => {
    this.asked.push(message);
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
  };

  answer(problem: string | null): Promise<void> {
    this.open.shift()!.resolve(problem);
    return settle();
  }

  lose(): Promise<void> {
    this.open.shift()!.reject(new Error('no answer'));
    return settle();
  }
}

const noPause = () => Promise.resolve();
/** Lets everything happen that needs no time. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
const states = (outbox: Outbox) => outbox.messages(HERE).map(({ state }) => state);
