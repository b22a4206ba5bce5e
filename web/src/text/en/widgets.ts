// Widget sessions: their list, their page, and what controls say that programs do not.

import { many, unsaved, type Unsaved } from './counts';

export const widgets = {
  untitled: 'Untitled session',

  list: {
    heading: 'Widgets',
    list: 'Widget sessions',
    what: 'Windows that programs draw here, for everybody at once.',
    home: 'All notebooks and projects',
    widgets: (count: number) => many(count, 'widget'),
    program: { waiting: 'waits for its program', connected: 'program connected', gone: 'program disconnected' },
    delete: (title: string) => `Delete ${title}`,
    sure: (title: string) => `Delete “${title}” with all that stands in it? A program that is still running makes a new session.`,
    yes: 'Delete',
    no: 'Keep it',
    deleted: (title: string) => `“${title}” was deleted.`,
    loading: 'Loading the sessions…',
    away: 'The server is not reached. The list comes by itself as soon as it is back.',
  },

  empty: {
    heading: 'No program draws here yet',
    what: 'A few lines of Python make a window in everybody’s browser. It stays when browsers close, and a program that is started again takes it up where it was.',
    first: 'Install the client where your program runs, from the source of Coscribe:',
    then: 'Save this as hello.py and run it:',
    program: 'The program',
    copy: 'Copy the program',
    copied: 'The program is in the clipboard.',
    copyInstall: 'Copy the command',
    copiedInstall: 'The command is in the clipboard.',
    more: 'In a code cell of a notebook the same lines show the window below the cell.',
  },

  bar: {
    all: 'All widget sessions',
    people: 'People here',
    more: (count: number) => `+${count}`,
    moreNames: (names: readonly string[]) => `Also here: ${new Intl.ListFormat('en').format(names)}`,
    session: 'Widgets',
    own: 'Open on a page of its own',
  },

  state: {
    offline: (behind: Unsaved) => `Offline — buttons rest until the server is back${unsaved(behind)}`,
    offlineReader: 'Offline — may miss updates · read-only',
    gone: 'Program disconnected',
    goneMore: 'This is how it was left. It goes on as soon as the program is started again.',
    waiting: 'Waiting for the program to connect…',
    nothing: 'The program has not made a window yet.',
    reader: 'You may look at this session, but not press or write in it.',
    mayOnlyRead: 'You may look at this session, but not write in it.',
    notTold: 'The server was not reached in time, so the program was not told. Try again when you are online.',
    notKept: 'The server does not answer, and this browser has not kept this session. It opens as soon as the server is back.',
    refused: {
      signIn: 'You are not signed in. Open the address with a token that the server printed when it started.',
      forbidden: 'You may not open this session.',
      missing: 'This session does not exist, or somebody deleted it.',
      history: 'This session was replaced on the server. What you see is the copy this browser has kept.',
      other: 'The server has closed the connection.',
    },
  },

  /** Said of a class that is not drawn. */
  notDrawn: (kind: string) => `${kind} is not drawn here yet.`,

  window: {
    untitled: 'Window',
    dialog: 'Dialog',
    close: 'Close',
    maximize: 'Maximize',
    restore: 'Restore',
    shade: 'Roll up',
    move: (title: string) => `Move ${title}`,
    resize: (title: string) => `Resize ${title}`,
    arrows: 'Arrow keys',
  },

  tabs: { close: (title: string) => `Close ${title}`, page: (number: number) => `Page ${number}` },
  divider: (number: number) => `Divider ${number}`,
  expander: 'Details',
  set: 'Set',
  field: 'Text',
  choose: 'Choose',
  value: 'Value',
  up: 'More',
  down: 'Less',
  color: 'Colour',
  dial: 'Dial',
  progress: 'Progress',
  scroll: 'Scroll',
  menuUnnamed: 'Menu',
  toolbar: 'Tools',
  menuBar: 'Menus',

  picture: { foreign: (host: string) => `A picture of ${host} is not loaded: pages here load nothing from other hosts.`, unreadable: 'This picture cannot be shown.', alt: 'Picture' },
  video: { foreign: (host: string) => `A film of ${host} is not loaded: pages here load nothing from other hosts.`, none: 'No film yet.', label: 'Film' },
  html: 'What the program wrote as HTML',

  table: {
    label: 'Table',
    tree: 'Tree',
    sort: (column: string) => `Sort by ${column}`,
    edit: (column: string, row: number) => `${column}, row ${row}`,
    expand: 'Open',
    collapse: 'Close',
    empty: 'No rows.',
    rowNumber: 'Row',
    yes: '✓',
  },

  files: {
    ask: 'The program asks for a file.',
    askMany: 'The program asks for files.',
    choose: 'Choose a file',
    chooseMany: 'Choose files',
    dismiss: 'Not now',
    drop: 'Drop files here',
    sending: (name: string) => `Sending ${name}`,
    progress: (name: string) => `How much of ${name} was sent`,
    cancel: 'Cancel',
    offered: (name: string) => `The program offers the file “${name}”.`,
    save: 'Save',
  },

  link: { wants: (address: string) => `The program wants to open ${address}`, open: 'Open' },
};
