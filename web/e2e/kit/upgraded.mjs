// A server that was upgraded: a proxy before a real one under which every file of the page has another name and another
// version, and the names of before are gone. Sockets and the API pass as they are.

import http from 'node:http';
import net from 'node:net';

/** Vite names files by their content: `assets/NAME-HASH.js`. */
const NAMED = /(assets\/|\.\/)([\w.-]+-[\w-]{8})\.(js|css)/g;

export class Upgraded {
  #server;
  #port;
  /** How often it was upgraded: 0 shows the server as it is. */
  generation = 0;

  static async before(port) {
    const upgraded = new Upgraded();
    upgraded.#port = port;
    upgraded.#server = http.createServer((request, answer) => upgraded.#pass(request, answer));
    upgraded.#server.on('upgrade', (request, socket, head) => upgraded.#join(request, socket, head));
    await new Promise((resolve) => upgraded.#server.listen(0, '127.0.0.1', resolve));
    return upgraded;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get #mark() {
    return this.generation === 0 ? '' : `.v${this.generation}`;
  }

  /** The names of this generation become those of the server; those of others lead nowhere. */
  #path(url) {
    const marked = /^(\/assets\/.+?)(\.v\d+)?\.(js|css)$/.exec(url);
    if (!marked) return url;
    return (marked[2] ?? '') === this.#mark ? `${marked[1]}.${marked[3]}` : undefined;
  }

  #pass(request, answer) {
    const path = this.#path(request.url);
    if (path === undefined) return answer.writeHead(404).end();
    const headers = { ...request.headers, host: `127.0.0.1:${this.#port}`, 'accept-encoding': 'identity', 'x-forwarded-host': request.headers.host };
    delete headers['if-none-match'];
    const asked = http.request({ port: this.#port, method: request.method, path, headers }, async (given) => {
      // The server was killed in the middle of its answer.
      const body = await bodyOf(given).catch(() => undefined);
      if (body === undefined) return answer.destroy();
      const isText = /javascript|html|css/.test(given.headers['content-type'] ?? '');
      const sent = isText && !request.url.startsWith('/api/') ? this.#renamed(body.toString(), request.url) : body;
      const kept = { ...given.headers, 'content-length': Buffer.byteLength(sent) };
      delete kept['transfer-encoding'];
      delete kept['content-encoding'];
      // The policy names the host that sockets may go to.
      const policy = kept['content-security-policy'];
      if (policy) kept['content-security-policy'] = policy.replaceAll(`127.0.0.1:${this.#port}`, request.headers.host);
      answer.writeHead(given.statusCode, kept).end(sent);
    });
    asked.on('error', () => answer.writeHead(502).end('There is no server behind this proxy.'));
    request.pipe(asked);
  }

  #renamed(text) {
    const named = text.replace(NAMED, (_, folder, name, ending) => `${folder}${name}${this.#mark}.${ending}`);
    const version = /"([0-9a-f]{16})"/;
    const at = /(name="version" content=|const VERSION = )"([0-9a-f]{16})"/;
    return at.test(named) ? named.replace(at, (found) => found.replace(version, (_, hash) => `"${hash.slice(0, 15)}${this.generation}"`)) : named;
  }

  #join(request, socket, head) {
    const server = net.connect(this.#port, '127.0.0.1', () => {
      const lines = Object.entries({ ...request.headers, 'x-forwarded-host': request.headers.host }).map(([name, value]) => `${name}: ${value}`);
      server.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      server.write(head);
      socket.pipe(server).pipe(socket);
    });
    for (const end of [socket, server]) end.on('error', () => (socket.destroy(), server.destroy()));
  }
}

async function bodyOf(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
