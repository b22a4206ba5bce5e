// What all pages share: the shell, the look, the notices.

export const page = {
  product: 'Coscribe',
  /** The title of a tab. */
  titled: (title: string) => `${title} · Coscribe`,
  allNotebooks: 'All notebooks',
  noSuchPage: 'There is no such page',
  leadsNowhere: (address: string) => `The address ${address} leads nowhere.`,
  dismiss: 'Dismiss',
  notLoaded: 'This part of the page could not be loaded. Try again when the server can be reached.',
  close: 'Close',
  away: 'The server is not reached.',
  answered: (status: number, words: string) => `The server answered ${`${status} ${words}`.trim()}.`,
  /** By the person who asked for it. */
  calledOff: 'Cancelled',
  justNow: 'just now',
  /** A notebook without a title. */
  untitled: 'Untitled',
  look: { system: 'Look: as the system', light: 'Look: light', dark: 'Look: dark' },
};
