// Which page an address stands for. Pure.

export type Route = { kind: 'home' } | { kind: 'notebook'; id: string } | { kind: 'project'; id: string } | { kind: 'widgets'; id: string } | { kind: 'sessions' } | { kind: 'unknown'; path: string };

/** What `/notebook/` and `/project/` open; `/widgets/` lists what there is. */
const DEFAULT = 'default';

/** `base` is the path of the page's base address, with a trailing slash. */
export function routeOf(pathname: string, base: string): Route {
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname.replace(/^\//, '');
  if (path === '' || path === 'index.html') return { kind: 'home' };
  if (/^widgets\/?$/.test(path)) return { kind: 'sessions' };
  const document = /^(notebook|project|widgets)(?:\/([^/]*))?\/?$/.exec(path);
  if (!document) return { kind: 'unknown', path };
  return { kind: document[1] as 'notebook' | 'project' | 'widgets', id: decoded(document[2] ?? '') || DEFAULT };
}

export function pathOf(route: Route, base: string): string {
  if (route.kind === 'sessions') return `${base}widgets/`;
  return 'id' in route ? `${base}${route.kind}/${encodeURIComponent(route.id)}` : base;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
