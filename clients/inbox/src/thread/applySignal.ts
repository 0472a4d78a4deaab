// Who else is at a conversation, as words. Pure.

import type { ThreadSignalsSubscription } from '../api/generated';

export type Signal = ThreadSignalsSubscription['conversationSignals'];

interface Person {
  readonly userId: string;
  /** Null for somebody one may not see, as of the platform's staff. */
  readonly user: { readonly displayName: string } | null;
}

export interface Company {
  readonly typing: readonly Person[];
  readonly answering: readonly Person[];
  readonly viewers: readonly Person[];
}

export const NOBODY: Company = { typing: [], answering: [], viewers: [] };

export function applySignal(company: Company, signal: Signal): Company {
  if (signal.__typename === 'ViewersChanged') {
    return { ...company, viewers: signal.viewers, answering: signal.answering };
  }
  const others = withoutTyping(company, signal.userId);
  return signal.isTyping ? { ...others, typing: [...others.typing, signal] } : others;
}

/** Somebody types no more, or has not said so again in time. */
export function withoutTyping(company: Company, userId: string): Company {
  return { ...company, typing: company.typing.filter((person) => person.userId !== userId) };
}

/** The most urgent thing to know: somebody types, somebody answers, somebody looks. Oneself is no news. */
export function companyOf(company: Company, me: string): { sentence: string; isWarning: boolean } | null {
  const others = (people: readonly Person[]) =>
    people.filter(({ userId }) => userId !== me).map(({ user }) => user?.displayName ?? 'somebody');
  const typing = others(company.typing);
  if (typing.length > 0) return { sentence: `${names(typing)} typing …`, isWarning: true };
  const answering = others(company.answering);
  if (answering.length > 0) return { sentence: `${names(answering)} answering here.`, isWarning: true };
  const viewers = others(company.viewers);
  if (viewers.length > 0) return { sentence: `${names(viewers)} looking at this, too.`, isWarning: false };
  return null;
}

function names(people: string[]): string {
  if (people.length === 1) return `${people[0]} is`;
  return `${people.slice(0, -1).join(', ')} and ${people.at(-1)} are`;
}
