// Boards: projects, tasks, sessions, and who does what to them.

const many = (number: number, one: string, more = `${one}s`): string => `${number} ${number === 1 ? one : more}`;

const statuses = {
  pending: 'To do',
  in_progress: 'In progress',
  blocked: 'Blocked',
  completed: 'Completed',
  cancelled: 'Cancelled',
};

const priorities = { high: 'High', medium: 'Medium', low: 'Low' };

const sessionStatuses = { running: 'Running', idle: 'Idle', completed: 'Completed', failed: 'Failed' };

const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
};

interface Unsaved {
  changes: number;
  unkept: number;
  keeping: boolean;
}

/** Changes that the server does not have, after the words that say so. */
const unsaved = ({ changes, unkept, keeping }: Unsaved): string => {
  if (changes === 0) return '';
  if (unkept > 0 && !keeping) return ` · ${many(unkept, 'change')} not kept anywhere yet`;
  return ` · ${many(changes - (keeping ? unkept : 0), 'change')} kept in this browser`;
};

export const board = {
  untitled: 'Untitled project',
  noTitle: 'Untitled task',
  statuses,
  priorities,
  sessionStatuses,
  duration,

  /** As the command line prints them. */
  badges: {
    status: { pending: '[IDLE]', in_progress: '[RUN]', blocked: '[WAIT]', completed: '[OK] ✓', cancelled: '[OFF]' },
    priority: { high: '[HIGH]', medium: '[MEDIUM]', low: '[LOW]' },
    sessions: (count: number) => `[${count}x]`,
  },

  bar: {
    board: 'Board',
    name: 'Name of the project',
    allNotebooks: 'All notebooks and projects',
    views: 'How tasks are shown',
    columns: 'Columns',
    list: 'List',
    sessions: 'Sessions',
    sessionsCount: (count: number) => `Sessions (${count})`,
    bin: 'Deleted tasks',
    help: 'Keys of the board',
    newTask: 'New task',
  },

  state: {
    offline: (behind: Unsaved) => `Offline — may miss updates${unsaved(behind)}`,
    offlineReader: 'Offline — may miss updates · read-only',
    caughtUp: (count: number) => `Caught up ${many(count, 'change')}.`,
    caughtUpSome: 'Caught up. More happened meanwhile than is kept as events.',
    refused: {
      signIn: 'You are not signed in. Open the address with a token that the server printed when it started.',
      forbidden: 'You may not open this project.',
      missing: 'This project does not exist, or somebody deleted it.',
      history: 'This project was replaced on the server. What you see is the copy this browser has kept.',
      other: 'The server has closed the connection.',
    },
    notKept: 'The server does not answer, and this browser has not kept this board. It opens as soon as the server is back.',
    mayOnlyRead: 'You may read this board, but not change it.',
  },

  filter: {
    label: 'Filter tasks',
    search: 'Find tasks',
    status: 'Status',
    anyStatus: 'Any status',
    priority: 'Priority',
    anyPriority: 'Any priority',
    session: 'Session',
    anySession: 'Any session',
    noSession: 'In no session',
    clear: 'Clear the filters',
    count: (shown: number, all: number) => `${shown} of ${many(all, 'task')}`,
    none: 'No task fits these filters.',
  },

  column: (status: string, count: number) => `${status}, ${many(count, 'task')}`,
  list: 'Tasks',
  addTo: (status: string) => `New task: ${status}`,
  newTitle: 'What is to be done?',
  newHint: 'Enter adds it, Escape ends',

  task: {
    open: (title: string) => `Open ${title}`,
    rename: (title: string) => `Rename ${title}`,
    title: 'Title',
    grip: (title: string) => `Drag ${title}`,
    status: (title: string, status: string) => `Status of ${title}: ${status}`,
    priority: (title: string, priority: string) => `Priority of ${title}: ${priority}`,
    sessions: (title: string, count: number) => `${title} is in ${many(count, 'session')}`,
    /** What a screen reader says of a row. */
    said: (title: string, priority: string, status: string, sessions: number) =>
      `${title}, priority ${priority}, ${status}${sessions > 0 ? `, in ${many(sessions, 'session')}` : ''}`,
    here: (names: readonly string[]) => `Here: ${new Intl.ListFormat('en').format(names)}`,
    chooseStatus: 'Choose a status',
    choosePriority: 'Choose a priority',
  },

  panel: {
    label: (title: string) => `Task: ${title}`,
    close: 'Close',
    statusLabel: 'Status',
    priorityLabel: 'Priority',
    description: 'Description',
    descriptionHint: 'What is it about?',
    prompt: 'Prompt',
    promptHint: 'What is an agent asked to do?',
    textOf: (name: string, title: string) => `${name} of ${title}`,
    sessions: 'Sessions',
    noSessions: 'In no session.',
    addToSession: 'Add to a session…',
    newSession: 'A new session',
    removeFrom: (session: string) => `Take it out of ${session}`,
    about: 'Notebooks and cells',
    noReferences: 'About no notebook yet. In a notebook, the menu of a cell links it to a task.',
    addNotebook: 'Add a notebook…',
    removeReference: (title: string) => `Not about ${title} any more`,
    cellOf: (title: string) => `A cell of ${title}`,
    unknownNotebook: (id: string) => `Notebook ${id}`,
    activity: 'Activity',
    activityLoading: 'Reading what happened…',
    activityAway: 'What happened is shown when the server is reached.',
    allActivity: (count: number) => `Show all ${count}`,
    noActivity: 'Nothing is kept of what happened to it.',
    made: (when: string, who: string | undefined) => `Made ${when}${who === undefined ? '' : ` by ${who}`}`,
    completed: (when: string) => `completed ${when}`,
    copyId: 'Copy the id',
    idCopied: (id: string) => `${id} is in the clipboard.`,
    copyLink: 'Copy link',
    linkCopied: 'The link is in the clipboard.',
    delete: 'Delete',
    gone: 'This task was deleted.',
    restore: 'Restore it',
  },

  activity: {
    created: 'made it',
    deleted: 'deleted it',
    title: (title: string) => `called it “${title}”`,
    status: (status: string) => `set it to ${status}`,
    priority: (priority: string) => `set its priority to ${priority}`,
    description: 'changed the description',
    prompt: 'changed the prompt',
    references: 'changed what it is about',
    order: 'moved it',
    sessionAdded: (session: string) => `put it into ${session}`,
    sessionRemoved: (session: string) => `took it out of ${session}`,
    aSession: 'a session',
    somebody: 'Somebody',
    agent: 'agent',
  },

  sessions: {
    label: 'Sessions',
    create: 'New session',
    createNamed: 'Name of the new session',
    unnamed: 'Session',
    none: 'No session is open. A session is somebody, or some program, at work on tasks.',
    name: 'Name of the session',
    status: (name: string) => `Status of ${name}`,
    close: (name: string) => `Close ${name}`,
    rename: (name: string) => `Rename ${name}`,
    only: (name: string) => `Show only the tasks of ${name}`,
    all: 'Show all tasks',
    tasks: (name: string) => `Tasks of ${name}`,
    noTasks: 'No tasks yet.',
    remove: (task: string, session: string) => `Take ${task} out of ${session}`,
    going: (ms: number) => `for ${duration(ms)}`,
    took: (ms: number) => `took ${duration(ms)}`,
    heartbeat: (ms: number) => (ms < 5000 ? 'alive now' : `last sign of life ${duration(ms)} ago`),
    silent: (ms: number) => `silent for ${duration(ms)}`,
    neverAlive: 'no sign of life yet',
    notebook: 'its notebook',
    addSelected: (count: number) => `Add ${many(count, 'selected task')}`,
  },

  people: {
    here: 'People and agents here',
    at: (name: string, task: string) => `${name} is at “${task}”`,
    nowhere: (name: string) => `${name} looks at the board`,
    agent: (name: string, when: string) => `${name}, an agent, did something ${when}`,
    more: (count: number) => `+${count}`,
    moreNames: (names: readonly string[]) => `Also here: ${new Intl.ListFormat('en').format(names)}`,
  },

  empty: {
    heading: 'No tasks yet',
    what: 'A board is shared by people, scripts and agents. What anybody changes is seen by all, at once.',
    write: 'New task',
    shell: 'or from a terminal:',
    task: 'Write the report',
    copy: 'Copy the command',
    copied: 'The command is in the clipboard.',
    readOnly: 'Nobody has made a task yet.',
  },

  bin: {
    title: 'Deleted tasks',
    none: 'No task was deleted.',
    deleted: (when: string) => `deleted ${when}`,
    restore: 'Restore',
    restoreNamed: (title: string) => `Restore ${title}`,
  },

  done: {
    undo: 'Undo',
    deleted: (title: string) => `“${title}” was deleted.`,
    deletedSome: (count: number) => `${many(count, 'task')} deleted.`,
    moved: (title: string, status: string) => `“${title}” is now ${status}.`,
    movedSome: (count: number, status: string) => `${many(count, 'task')} are now ${status}.`,
    closed: (name: string) => `${name} was closed.`,
    unlinked: (task: string, session: string) => `“${task}” is not in ${session} any more.`,
    changedMeanwhile: 'Somebody has changed that since.',
    nothingToUndo: 'Nothing of yours to undo.',
    nothingToRedo: 'Nothing to redo.',
    undid: (deed: string) => `Undid ${deed}.`,
    redid: (deed: string) => `Redid ${deed}.`,
    place: (place: number, of: number, status: string) => `Place ${place} of ${of}, ${status}`,
    selected: (count: number) => `${many(count, 'task')} selected`,
  },

  deeds: {
    create: 'making a task',
    title: 'renaming a task',
    status: 'changing a status',
    priority: 'changing a priority',
    move: 'moving',
    delete: 'deleting',
    restore: 'restoring',
    reference: 'changing what a task is about',
    openSession: 'opening a session',
    closeSession: 'closing a session',
    reopenSession: 'opening a session again',
    session: 'changing a session',
    link: 'adding to a session',
    unlink: 'taking out of a session',
    project: 'renaming the project',
    typing: 'your typing',
  },

  keys: {
    title: 'Keys of the board',
    groups: { go: 'Go', change: 'Change', show: 'Show' },
    names: {
      below: 'Go to the task below',
      above: 'Go to the task above',
      left: 'Go to the column to the left',
      right: 'Go to the column to the right',
      first: 'Go to the first task',
      last: 'Go to the last task',
      extendBelow: 'Select the task below as well',
      extendAbove: 'Select the task above as well',
      selectAll: 'Select all tasks that are shown',
      escape: 'Close what is open, let go of the selection',
      add: 'New task',
      open: 'Open the task',
      edit: 'Edit the title',
      pending: 'To do',
      in_progress: 'In progress',
      blocked: 'Blocked',
      completed: 'Completed',
      cancelled: 'Cancelled',
      priority: 'Next priority',
      moveUp: 'Move up',
      moveDown: 'Move down',
      moveLeft: 'Move to the column to the left',
      moveRight: 'Move to the column to the right',
      delete: 'Delete',
      undo: 'Undo my last change',
      redo: 'Redo',
      find: 'Find tasks',
      view: 'Columns or list',
      sessions: 'Show or hide the sessions',
      bin: 'Deleted tasks',
      palette: 'Find a command, a person, a notebook',
      help: 'Keys of the board',
    },
  },

  projects: {
    heading: 'Projects',
    list: 'Projects',
    all: (more: number) => `Show ${many(more, 'more project', 'more projects')}`,
    create: 'New project',
    name: 'Name of the project',
    tasks: (count: number) => many(count, 'task'),
    more: (name: string) => `More for ${name}`,
    rename: 'Rename',
    delete: 'Delete',
    deleted: (name: string) => `“${name}” was deleted.`,
    restored: (name: string) => `“${name}” is back.`,
    deletedProjects: (count: number) => `Deleted projects (${count})`,
    deletedList: 'Deleted projects',
    restore: 'Restore',
    restoreNamed: (name: string) => `Restore ${name}`,
    newName: 'New project',
  },

  linking: {
    title: (number: number) => `Tasks of cell ${number}`,
    linked: 'Linked to this cell',
    none: 'No task is linked to this cell yet.',
    add: 'Link another task',
    search: 'Find a task',
    create: (title: string) => `Make the task “${title}”`,
    createIn: 'in project',
    link: (title: string) => `Link ${title}`,
    unlink: (title: string) => `Unlink ${title}`,
    linkedNow: (title: string) => `“${title}” is linked to this cell.`,
    unlinkedNow: (title: string) => `“${title}” is not linked to this cell any more.`,
    loading: 'Reading the tasks…',
    nothing: 'No task fits.',
    open: 'Open the board',
  },
};
