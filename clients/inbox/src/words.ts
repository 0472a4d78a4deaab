// How times and constants of the schema are written for people.

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** The time of today, the day of any other. */
export function shortTime(at: string): string {
  const date = new Date(at);
  return date.toDateString() === new Date().toDateString() ? time.format(date) : day.format(date);
}

export function timeOfDay(at: number): string {
  return time.format(at);
}

export function dayOf(at: number): string {
  return longDay.format(at);
}

/** WEB_CHAT reads "Web chat". */
export function words(constant: string): string {
  const text = constant.replaceAll('_', ' ').toLowerCase().replace('whatsapp', 'WhatsApp');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
