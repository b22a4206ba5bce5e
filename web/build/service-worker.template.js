// Keeps the page itself, so that it opens without a network. Never touches the API, the sockets or the output frame.
//
// Invariant: with a network, people get the server's newest page; without one, the newest page this browser has seen
// whole. Edits are not kept here but in IndexedDB, so replacing a version never costs anything typed.

const VERSION = '%VERSION%';
const FILES = '%FILES%';
const PREFIX = 'coscribe-page-';
const CACHE = PREFIX + VERSION;
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
  } else if (FILES.includes(path)) {
    event.respondWith(file(event.request));
  }
});

async function install() {
  const cache = await caches.open(CACHE);
  const requests = [...FILES, ''].map((path) => new Request(new URL(path, BASE), { cache: 'no-cache' }));
  await cache.addAll(requests);
  await self.skipWaiting();
}

/** Tabs of the version before may still load parts of theirs: it is kept, older ones go. */
async function activate() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

function isPage(path) {
  return path === '' || path === 'notebook' || path.startsWith('notebook/');
}

async function page(request) {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: waiting.signal });
  } catch (cause) {
    const kept = await caches.match(new URL('', BASE).href, { cacheName: CACHE });
    if (kept) return kept;
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}
