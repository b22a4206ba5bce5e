// A provider of language models whose words the test chooses: the protocol of OpenAI over HTTP, one answer at a time.

import { createServer } from "node:http";
import { once } from "node:events";

import { eventually } from "./eventually.js";

const line = (value) => `data: ${JSON.stringify(value)}\n\n`;
const delta = (fields) => line({ model: "tiny-2", choices: [{ index: 0, delta: fields, finish_reason: null }] });

/** One question and the answer to it, as far as the test has given it. */
class Question {
  closed = false;

  constructor(body, response) {
    this.body = body;
    this.response = response;
    response.on("close", () => (this.closed = true));
    response.writeHead(200, { "Content-Type": "text/event-stream" });
  }

  think(words) {
    this.response.write(delta({ reasoning_content: words }));
  }
  say(words) {
    this.response.write(delta({ content: words }));
  }
  end() {
    this.response.write(line({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
    this.response.write(line({ choices: [], usage: { prompt_tokens: 42, completion_tokens: 8 } }));
    this.response.end("data: [DONE]\n\n");
  }
}

/** A provider that the server asks; it ends with the test. */
export class Provider {
  #questions = [];

  static async start(t, server) {
    const provider = new Provider();
    const http = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      provider.#questions.push(new Question(JSON.parse(text), response));
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    t.after(() => {
      http.closeAllConnections();
      http.close();
    });
    const address = `http://127.0.0.1:${http.address().port}`;
    await server.rest("PUT", "/api/providers/scripted", { kind: "openai", address, models: ["tiny"] });
    return provider;
  }

  /** The next question that the server asks. */
  asked() {
    return eventually(() => this.#questions.shift(), "the provider is asked");
  }
}
