// Times of day as the page writes them.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });

/** 12:04:31 */
export function exactTime(at: number): string {
  return clock.format(at);
}

/** 12:04 */
export function timeOfDay(at: number): string {
  return minutes.format(at);
}
