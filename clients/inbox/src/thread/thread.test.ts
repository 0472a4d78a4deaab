import { describe, expect, it } from 'vitest';

import type { ThreadMessageFragment, ThreadQuery } from '../api/generated';
import { applyThreadEvent, withAnswer, type ThreadEvent } from './applyThreadEvent';
import { message, note, outgoing, thread } from './testing';
import { timelineItems } from './timelineItems';

describe('the thread', () => {
  it('shows messages and notes in the order they were written', () => {
    const data = thread([message('m1', 1), message('m3', 3)], [note('n2', 2)]);
    expect(shown(data)).toEqual(['m1', 'n2', 'm3']);
  });

  it('puts a message that arrives late where it belongs', () => {
    const data = applyThreadEvent(thread([message('m1', 1), message('m3', 3)]), added(message('m2', 2)));
    expect(shown(data)).toEqual(['m1', 'm2', 'm3']);
  });

  it('shows a message once, however often it is told of', () => {
    const once = applyThreadEvent(thread([]), added(message('m1', 1)));
    expect(applyThreadEvent(once, added(message('m1', 1)))).toEqual(once);
  });

  it('keeps a note that is older than the loaded messages for their page', () => {
    const notes = [note('n1', 1), note('n6', 6)];
    expect(shown(thread([message('m5', 5)], notes, true))).toEqual(['m5', 'n6']);
    expect(shown(thread([message('m5', 5)], notes, false))).toEqual(['n1', 'm5', 'n6']);
  });

  it('follows what happens to messages and notes', () => {
    let data = thread([message('m1', 1)], [note('n1', 2)]);
    data = applyThreadEvent(data, changed(message('m1', 1, { deliveryStatus: 'READ' })));
    expect(data.conversation?.messages.edges[0]?.node.deliveryStatus).toBe('READ');
    data = applyThreadEvent(data, { __typename: 'NoteRemoved', cursor: '1', noteId: 'n1' });
    expect(shown(data)).toEqual(['m1']);
    data = applyThreadEvent(data, { __typename: 'NoLongerVisible', cursor: '2', id: 'conversation_1' });
    expect(shown(data)).toEqual([]);
  });
});

describe('a message that is sent', () => {
  const sent = message('m2', 2, { clientMessageId: 'c1' });
  const before = thread([message('m1', 1)]);

  it('is shown while it is on its way', () => {
    expect(shown(before, ['c1'])).toEqual(['m1', 'c1']);
  });

  it.each([
    ['event, answer, confirmation', ['event', 'answer', 'confirm']],
    ['answer, event, confirmation', ['answer', 'event', 'confirm']],
    ['answer, confirmation, event', ['answer', 'confirm', 'event']],
    ['event, confirmation, answer', ['event', 'confirm', 'answer']],
    ['event twice, the answer lost', ['event', 'event', 'confirm']],
  ])('is shown exactly once at each step: %s', (_name, steps) => {
    let data = before;
    let onItsWay = ['c1'];
    for (const step of steps) {
      if (step === 'event') data = applyThreadEvent(data, added(sent));
      if (step === 'answer') data = withAnswer(data, { message: sent });
      if (step === 'confirm') onItsWay = [];
      expect(shown(data, onItsWay)).toEqual(['m1', 'c1']);
    }
  });

  it('keeps what an event said when the answer comes later', () => {
    let data = applyThreadEvent(before, added(sent));
    data = applyThreadEvent(data, changed({ ...sent, deliveryStatus: 'DELIVERED' }));
    data = withAnswer(data, { message: sent });
    expect(data.conversation?.messages.edges.at(-1)?.node.deliveryStatus).toBe('DELIVERED');
  });

  it('stands below those on their way that have arrived before it', () => {
    const data = applyThreadEvent(before, added(sent));
    expect(shown(data, ['c1', 'c2'])).toEqual(['m1', 'c1', 'c2']);
  });
});

const added = (row: ThreadMessageFragment): ThreadEvent => ({ __typename: 'MessageAdded', cursor: '1', message: row });
const changed = (row: ThreadMessageFragment): ThreadEvent => ({ __typename: 'MessageChanged', cursor: '1', message: row });
const shown = (data: ThreadQuery, onItsWay: string[] = []) => timelineItems(data, onItsWay.map(outgoing)).map(({ key }) => key);
