// One Chromium for all people of a test file.

import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Without these it asks hosts of its maker at every start, which closed networks refuse, many at a time.
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

export function openBrowser() {
  const args = ['--no-sandbox', '--disable-gpu', ...QUIET];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}
