// Keeps the page itself, so that it opens without a network. Never touches the API, the sockets or the output frame.
//
// Invariant: with a server, people get its newest page; without one, the newest page this browser has seen whole. The
// files of a version stay as long as a tab shows it, however often the server was upgraded meanwhile. Edits are not kept
// here but in IndexedDB, so replacing a version never costs anything typed.

const VERSION = '%VERSION%';
const FILES = '%FILES%';
const PREFIX = 'coscribe-page-';
const CACHE = PREFIX + VERSION;
/** A tab holds a lock of this name with its version while it is open. */
const SHOWN = 'coscribe:version:';
/** Where there are no locks to ask: nobody keeps a tab open over so many upgrades. */
const KEPT_UNASKED = 5;
// A network that neither answers nor fails (a train, a captive portal) must not keep the page away for longer.
const PATIENCE_MS = 4000;
const BASE = new URL('./', self.location.href);

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== BASE.origin || !url.pathname.startsWith(BASE.pathname)) return;
  const path = url.pathname.slice(BASE.pathname.length);
  if (event.request.mode === 'navigate') {
    if (isPage(path)) event.respondWith(page(event.request));
  } else if (FILES.includes(path) || path.startsWith('assets/')) {
    event.respondWith(file(event.request));
  }
});

async function install() {
  const cache = await caches.open(CACHE);
  const requests = [...FILES, ''].map((path) => new Request(new URL(path, BASE), { cache: 'no-cache' }));
  await cache.addAll(requests);
  await self.skipWaiting();
}

/** Takes over at once and tells every tab, so that those of an older version can offer the new one. */
async function activate() {
  await tidy();
  await self.clients.claim();
  for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage({ kind: 'version', version: VERSION });
}

/** Versions that no tab shows go. The one before is kept too: a tab may be just opening with it. */
async function tidy() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  const shown = await shownVersions();
  const gone = shown ? others.slice(0, -1).filter((name) => !shown.includes(name.slice(PREFIX.length))) : others.slice(0, -KEPT_UNASKED);
  await Promise.all(gone.map((name) => caches.delete(name)));
}

async function shownVersions() {
  const { held } = (await self.navigator.locks?.query()) ?? {};
  return held?.filter(({ name }) => name.startsWith(SHOWN)).map(({ name }) => name.slice(SHOWN.length));
}

function isPage(path) {
  return path === '' || /^(?:notebook|project|widgets)(?:\/|$)/.test(path);
}

async function page(request) {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request, { signal: waiting.signal });
    // A proxy in front of a server that is down answers, but not with the page.
    return answer.status >= 500 ? ((await keptPage()) ?? answer) : answer;
  } catch (cause) {
    const kept = await keptPage();
    if (kept) return kept;
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}

function keptPage() {
  return caches.match(new URL('', BASE).href, { cacheName: CACHE });
}

/** Of this version, of one that a tab still shows, or else from the server. */
async function file(request) {
  return (await caches.match(request, { cacheName: CACHE })) ?? (await caches.match(request)) ?? fetch(request);
}
