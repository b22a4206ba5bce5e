// A widget session as every browser reads it: the live document of an unmodified Yjs client.

import { Client, current } from "./clients.js";
import { eventually } from "./eventually.js";

export class WidgetsClient {
  static async open(t, server, session) {
    const client = new WidgetsClient();
    client.server = server;
    client.session = session;
    client.client = await Client.open(t, current, server, `widgets:${session}`);
    client.updates = 0;
    client.client.doc.on("update", () => client.updates++);
    return client;
  }

  get all() {
    return Object.entries(this.client.doc.getMap("widgets").toJSON()).map(([wid, widget]) => ({ wid: Number(wid), ...widget }));
  }
  get program() {
    return this.client.doc.getMap("info").toJSON().program?.state;
  }
  get shown() {
    return JSON.stringify(this.all.map(({ wid, class: kind, state, text }) => [wid, kind, state, text]));
  }

  /** Waits for the one widget of a class with these values; resolves with it. */
  waitFor(kind, state = {}) {
    const fits = (widget) =>
      widget.class === kind && Object.entries(state).every(([key, value]) => ({ text: widget.text, ...widget.state })[key] === value);
    return eventually(() => {
      const found = this.all.filter(fits);
      return found.length === 1 ? found[0] : undefined;
    }, () => `there is one ${kind} with ${JSON.stringify(state)}; there is ${this.shown}`);
  }

  /** Waits until the program is in this state. */
  programIs(state) {
    return eventually(() => this.program === state, () => `the program is ${state}; it is ${this.program}`);
  }

  /** Does something to a widget, as the page does. */
  act(wid, action, ...args) {
    return this.server.rest("POST", `/api/widgets/${this.session}/callbacks`, { callbacks: [{ wid, action, args }] });
  }

  /** Types into a text. */
  type(wid, index, text) {
    this.client.doc.getMap("widgets").get(String(wid)).get("text").insert(index, text);
  }
}
