// Whether what was typed is safe, and who may type.

import { many, type Unsaved } from './counts';

const changes = (count: number): string => many(count, 'change');

/** While the latest is being written down, the number is that of those before it: a word that flickers is not read. */
const whereabouts = ({ changes: count, unkept, keeping }: Unsaved): string => {
  if (unkept > 0 && !keeping) return `${changes(unkept)} not kept anywhere yet`;
  return count > unkept ? `${changes(count - unkept)} kept in this browser` : `keeping ${changes(count)}…`;
};

const readOnly = 'Read-only';

export const trust = {
  word: {
    connecting: 'Connecting…',
    saved: (time: string) => `Saved ${time}`,
    saving: 'Saving…',
    offline: (unsaved: Unsaved) => `Offline — ${unsaved.changes === 0 ? 'nothing unsaved' : whereabouts(unsaved)}`,
    offlineReader: 'Offline — read-only',
    readOnly: (unsaved: Unsaved) => (unsaved.changes === 0 ? readOnly : `${readOnly} — ${whereabouts(unsaved)}`),
    refused: (unsaved: Unsaved) => (unsaved.changes === 0 ? 'Disconnected' : `Disconnected — ${whereabouts(unsaved)}`),
  },
  /** Read out when the situation changes, not at every keystroke. */
  spoken: { offline: 'Offline', readOnly, refused: 'Disconnected', saved: 'Connected' },
  facts: {
    title: 'Where your changes are',
    hint: 'Where your changes are',
    saved: {
      term: 'Last saved',
      at: (time: string) => `${time}, on the server’s disk`,
      never: 'Nothing yet since this page opened',
    },
    waiting: { term: 'Waiting for the server', none: 'Nothing', some: changes },
    kept: {
      term: 'Kept here',
      working: 'In this browser until the server has it',
      lasting: 'In this browser, protected from being cleared',
      clearable: 'In this browser, which may clear it when the disk is full: do not wait for weeks',
      failed: 'Nowhere: this browser stores nothing. Do not close this tab before it is saved',
    },
    server: {
      term: 'Server',
      synced: (address: string) => `${address} — connected`,
      connecting: (address: string) => `${address} — connecting…`,
      waiting: (address: string) => `${address} — not reached, trying again`,
      refused: (address: string) => `${address} — has refused the connection`,
      stopped: (address: string) => `${address} — not connected`,
    },
    role: { term: 'You may', viewer: 'read', editor: 'read and edit' },
    tabs: { term: 'Open in', count: (tabs: number) => (tabs === 1 ? 'this tab only' : `${tabs} tabs of this browser`) },
    cell: (number: number) => `Cell ${number}`,
    stranded: (count: number) =>
      `You may only read this notebook now, so the server does not take ${count === 1 ? 'the change' : `the ${count} changes`} made here before. Download a copy to keep what you see.`,
    reconnect: 'Reconnect now',
    download: 'Download a copy',
    discard: 'Discard those changes',
    reallyDiscard: (count: number) => `Really discard ${changes(count)}`,
    close: 'Close',
  },
  mayOnlyRead: 'You may read this notebook, but not change it.',
  synced: (count: number) => `${count} offline ${count === 1 ? 'change' : 'changes'} synced.`,
  newVersion: { ready: 'A new version is ready.', reload: 'Reload' },
  refused: {
    signIn: 'You are not signed in. Open the address with a token that the server printed when it started.',
    forbidden: 'You may not open this notebook.',
    missing: 'This notebook does not exist, or somebody deleted it.',
    history: 'This notebook was replaced on the server. What you see is the copy this browser has kept.',
    other: 'The server has closed the connection.',
    create: 'Create it',
    restore: 'Restore it from the bin',
    again: 'Try again',
  },
  notReached: {
    title: 'Not reached',
    explanation: 'The server does not answer, and this browser has not kept this notebook. It opens as soon as the server is back.',
    again: 'Try now',
  },
  authors: {
    you: 'you',
    last: (name: string, time: string) => `Last edited by ${name} · ${time}`,
    lastOf: (name: string) => `Last edited by ${name}`,
    written: (names: readonly string[]) => `Written by ${new Intl.ListFormat('en').format(names)}`,
  },
};
