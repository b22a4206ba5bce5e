// One Chromium for all people of a test file.

import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Without these it asks hosts of its maker at every start, which closed networks refuse, many at a time.
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

/** `resolved`: names that lead to this machine, such as another machine's would be. */
export function openBrowser({ resolved = [] } = {}) {
  const names = resolved.map((name) => `MAP ${name} 127.0.0.1`).join(',');
  const args = ['--no-sandbox', '--disable-gpu', ...QUIET, ...(names ? [`--host-resolver-rules=${names}`] : [])];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}
