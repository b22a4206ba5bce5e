// One Chromium for all people of a test file.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { chromium } from 'playwright-core';

/** The same engine, without the browser's own windows, takes half the processor. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
const EXECUTABLE = process.env.CHROMIUM ?? NAMES.map(onPath).find(Boolean);

function onPath(name) {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// Without these it asks hosts of its maker at every start, which closed networks refuse, many at a time.
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

// As browsers with windows have it: a page, and each output's frame, in a process apart.
const APART = ['--site-per-process', '--enable-features=IsolateSandboxedIframes'];

/** `resolved`: names that lead to this machine, such as another machine's would be. */
export function openBrowser({ resolved = [] } = {}) {
  const names = resolved.map((name) => `MAP ${name} 127.0.0.1`).join(',');
  const args = ['--no-sandbox', '--disable-gpu', ...APART, ...QUIET, ...(names ? [`--host-resolver-rules=${names}`] : [])];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}
