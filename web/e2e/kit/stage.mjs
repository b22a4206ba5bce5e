// What every test file stands on: one server, one browser, both gone at the end.

import { after } from 'node:test';

import { openBrowser } from './browser.mjs';
import { Person } from './people.mjs';
import { Server } from './server.mjs';

/** Starts both; `join(t, name)` lets somebody in who leaves when the test ends. */
export async function stage(settings) {
  const [server, browser] = await Promise.all([Server.start(settings), openBrowser()]);
  after(async () => {
    await browser.close();
    await server.remove();
  });
  const join = async (t, name, options) => {
    const person = await Person.join(browser, server, name, options);
    t.after(() => person.leave());
    return person;
  };
  /** Both in one notebook of the given cells. */
  const pair = async (t, title, cells) => {
    const notebook = await server.write(title, cells);
    const people = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
    await Person.together(people, notebook.id);
    return { notebook, anna: people[0], bela: people[1], people };
  };
  return { server, browser, join, pair };
}
