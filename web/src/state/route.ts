// Which page an address stands for. Pure.

export type Route = { kind: 'home' } | { kind: 'notebook'; id: string } | { kind: 'unknown'; path: string };

/** What `/notebook/` opens. */
const DEFAULT_NOTEBOOK = 'default';

/** `base` is the path of the page's base address, with a trailing slash. */
export function routeOf(pathname: string, base: string): Route {
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname.replace(/^\//, '');
  if (path === '' || path === 'index.html') return { kind: 'home' };
  const notebook = /^notebook(?:\/([^/]*))?\/?$/.exec(path);
  if (!notebook) return { kind: 'unknown', path };
  return { kind: 'notebook', id: decoded(notebook[1] ?? '') || DEFAULT_NOTEBOOK };
}

export function pathOf(route: Route, base: string): string {
  return route.kind === 'notebook' ? `${base}notebook/${encodeURIComponent(route.id)}` : base;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
