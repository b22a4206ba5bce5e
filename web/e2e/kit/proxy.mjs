// A network that can be cut: a TCP proxy between a browser and the server. Playwright's `setOffline` leaves sockets open
// that are already there; a cable does not.

import net from 'node:net';

export class Proxy {
  #server;
  #sockets = new Set();
  #cut = false;
  #stalled = new Set();

  static async to(port) {
    const proxy = new Proxy();
    proxy.#server = net.createServer((client) => proxy.#join(client, port));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Ends every connection and lets none through. */
  cut() {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing more through the connections there are, and tells neither side: what a laptop that slept has. */
  stall() {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.resume();
      this.#stalled.add(socket);
    }
  }

  mend() {
    this.#cut = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #join(client, port) {
    if (this.#cut) return client.destroy();
    const server = net.connect(port, '127.0.0.1');
    const pair = [client, server];
    for (const socket of pair) {
      this.#sockets.add(socket);
      // An error is followed by the closing, which ends the other side too.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (!this.#stalled.delete(socket)) pair.forEach((other) => other.destroy());
      });
    }
    client.pipe(server).pipe(client);
  }
}
