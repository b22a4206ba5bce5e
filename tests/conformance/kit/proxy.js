// A TCP proxy that can lose one direction or both without closing anything: a half-open socket, a dead network.

import net from "node:net";

export class Proxy {
  #server;
  #pairs = new Set();
  /** Whether bytes of the server still reach its clients. */
  down = true;
  /** Whether bytes of clients still reach the server. */
  up = true;

  static async to(t, port) {
    const proxy = new Proxy();
    proxy.#server = net.createServer((client) => proxy.#join(client, port));
    await new Promise((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      proxy.cut();
      proxy.#server.close();
    });
    return proxy;
  }

  get socketUrl() {
    return `ws://127.0.0.1:${this.#server.address().port}/ws`;
  }

  #join(client, port) {
    const server = net.connect(port, "127.0.0.1");
    const pair = [client, server];
    this.#pairs.add(pair);
    client.on("data", (chunk) => this.up && server.write(chunk));
    server.on("data", (chunk) => this.down && client.write(chunk));
    for (const socket of pair) {
      // What one side does is hidden from the other while the network is dead.
      socket.on("error", () => this.#end(pair));
      socket.on("close", () => this.#end(pair));
    }
  }

  #end(pair) {
    if (!this.up && !this.down) return;
    this.#pairs.delete(pair);
    pair.forEach((socket) => socket.destroy());
  }

  /** Both directions go nowhere; both ends still believe in the connection. */
  blackhole() {
    this.up = this.down = false;
  }

  /** Ends every connection and works normally from then on. */
  cut() {
    this.up = this.down = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
    this.#pairs.clear();
  }
}
