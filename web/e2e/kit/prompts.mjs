// A prompt cell as somebody sees and uses it.

import { eventually } from './eventually.mjs';

/** What stands below the question of a cell, in the page of a person. */
export function prompt(person, id) {
  return new Prompt(person, id);
}

class Prompt {
  constructor(person, id) {
    this.person = person;
    this.cell = person.cell(id);
    this.box = this.cell.box;
    this.answer = this.box.locator('section.answer');
    this.text = this.answer.locator(':scope > div > .markdown').first();
    this.draft = this.box.locator('section.draft');
  }

  /** By the button below the question, whatever it is called now. */
  async ask() {
    await this.box.locator('button.ask:not(.live):not(:disabled)').click();
  }

  async stop() {
    await this.box.locator('button.ask.live').click();
  }

  /** Presses a button or a link of the cell by its name. */
  press(name) {
    return this.box.getByRole('button', { name, exact: true }).click();
  }

  /** How far it is, as the page has it. */
  phase() {
    return this.answer.getAttribute('data-phase', { timeout: 1000 }).catch(() => undefined);
  }

  is(phase, limit) {
    return eventually(async () => (await this.phase()) === phase, async () => `${this.person.name} sees the cell ${phase}; sees it ${await this.phase()}: ${await this.box.innerText()}`, limit);
  }

  /** The rendered answer has this text in it. */
  async shows(text) {
    const seen = () => this.text.innerText({ timeout: 1000 }).catch(() => '');
    await eventually(async () => (await seen()).includes(text), async () => `${this.person.name} reads ${JSON.stringify(text)}; reads ${JSON.stringify(await seen())}`);
  }

  /** A sentence on what became of it. */
  async tells(sentence) {
    await this.answer.locator('p.line').getByText(sentence).waitFor();
  }

  async edit() {
    await this.press('Edit the answer');
    this.editor = this.box.locator('.written .cm-content');
    await this.editor.waitFor();
  }

  written() {
    return this.box.locator('.written .cm-content').evaluate((content) => [...content.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));
  }
}

/** The answer of a cell as the server has it. */
export async function answerOf(server, notebook, cell) {
  const { outputs = [] } = await server.rest('GET', `notebooks/${notebook}/cells/${cell}`);
  const text = (part) => outputs.filter(({ metadata }) => metadata?.coscribe?.part === part).map(({ data }) => [data['text/markdown']].flat().join('')).join('');
  return { answer: text('answer'), thinking: text('thinking') };
}
