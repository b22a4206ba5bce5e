// The kernel, as the bar and the editors tell of it.

export const kernel = {
  words: {
    stopped: 'No kernel',
    preparing: 'Preparing',
    preparingShare: (percent: number) => `Preparing, ${percent} %`,
    starting: 'Starting',
    idle: 'Ready',
    busy: 'Busy',
    restarting: 'Restarting',
    dead: 'Kernel ended',
  },
  label: (word: string) => `Kernel: ${word}`,
  died: 'The kernel ended by itself. What it had in memory is gone.',
  inspection: { label: 'What the kernel knows of it' },
  preparing: {
    begins: 'It begins…',
    /** The steps as the server names them. */
    steps: {
      findPython: 'Looking for Python on the server…',
      makeEnvironment: 'Making an environment…',
      installPackages: 'Fetching packages…',
      removePackages: 'Removing packages…',
      check: 'Trying whether it works…',
    },
  },
};
