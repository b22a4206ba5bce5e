// A provider of language models whose every word the test says: a real server that speaks OpenAI's streaming protocol.

import http from 'node:http';
import { once } from 'node:events';

import { eventually } from './eventually.mjs';

export class LanguageModel {
  #server;
  #taken = 0;
  /** Every question that came, in order. */
  asked = [];
  /** What comes back for the list of models. */
  models = ['model-one', 'model-two'];

  /** Ends with the test. */
  static async start(t) {
    const model = new LanguageModel();
    model.#server = http.createServer((request, response) => void model.#answer(request, response));
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    t.after(() => {
      model.#server.closeAllConnections();
      model.#server.close();
    });
    return model;
  }

  get address() {
    return `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  /** Makes it the one that answers on a server, by REST, as the page does it. */
  async serve(server, name = 'scripted', more = {}) {
    await server.rest('PUT', `providers/${name}`, { kind: 'openai', address: this.address, models: this.models, ...more });
    await server.rest('PUT', 'providers/default', { provider: name });
  }

  /** The next question that nobody has taken yet. */
  async next() {
    await eventually(() => this.asked.length > this.#taken, 'the model is asked');
    return this.asked[this.#taken++];
  }

  async #answer(request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (request.url.endsWith('/models')) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ object: 'list', data: this.models.map((id) => ({ id, object: 'model' })) }));
      return;
    }
    this.asked.push(new Question(request, JSON.parse(text), response));
  }
}

/** One question, to be answered piece by piece. */
export class Question {
  #response;
  #begun = false;
  /** The other side has gone before the answer was over. */
  dropped = false;

  constructor(request, body, response) {
    this.headers = request.headers;
    this.body = body;
    this.#response = response;
    response.on('close', () => (this.dropped = !response.writableFinished));
    response.on('error', () => undefined);
  }

  /** All that was said to the model, as one text. */
  get said() {
    const textOf = (content) => (typeof content === 'string' ? content : content.map(({ text = '' }) => text).join(''));
    return this.body.messages.map(({ role, content }) => `${role}: ${textOf(content)}`).join('\n');
  }

  think(text) {
    this.#send({ choices: [{ index: 0, delta: { reasoning_content: text }, finish_reason: null }] });
  }

  say(text) {
    this.#send({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });
  }

  /** The last word, with what it cost. */
  end(prompt_tokens = 11, completion_tokens = 7) {
    this.#send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    this.#send({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } });
    this.#response.end('data: [DONE]\n\n');
  }

  /** Says all of it and ends. */
  answer(text) {
    this.say(text);
    this.end();
  }

  refuse(status, message) {
    this.#response.writeHead(status, { 'content-type': 'application/json' });
    this.#response.end(JSON.stringify({ error: { message } }));
  }

  /** The connection breaks in the middle. */
  breakOff() {
    this.#response.destroy();
  }

  async isDropped() {
    await eventually(() => this.dropped, 'the connection to the provider is closed');
  }

  #send(chunk) {
    if (!this.#begun) this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#begun = true;
    this.#response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: this.body.model, ...chunk })}\n\n`);
  }
}
