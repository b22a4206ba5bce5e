// What the start page shows of projects and does to them. It outlives the page, so that coming back shows the list at once.

import { Projects } from '../../state/projects';
import { reasonOf } from '../../state/reason';
import { systemClock } from '../../sync/clock';
import { ProjectCalls } from '../../sync/projects';
import { board } from '../../text/board';
import type { EventBody, ProjectSummary } from '../../wire/wire';
import { page } from '../page.svelte';
import { toasts } from '../toasts.svelte';

const says = board.projects;

class ProjectsHome {
  #all = $state.raw<readonly ProjectSummary[] | undefined>();
  readonly there = $derived(this.#all?.filter(({ deletedAt }) => deletedAt === undefined));
  readonly deleted = $derived((this.#all ?? []).filter(({ deletedAt }) => deletedAt !== undefined));
  readonly #calls = new ProjectCalls(page.rest);
  readonly #projects = new Projects(() => this.#calls.list(), systemClock);

  constructor() {
    this.#projects.onChange(() => (this.#all = this.#projects.all));
  }

  read(): void {
    void this.#projects.read();
  }

  told({ event }: EventBody): void {
    if (event.startsWith('project:') || event.startsWith('task:')) this.read();
  }

  create(name: string): Promise<void> {
    return this.#attempt(async () => page.go({ kind: 'project', id: (await this.#calls.create({ name })).id }));
  }

  rename({ id }: ProjectSummary, name: string): Promise<void> {
    return this.#attempt(() => this.#projects.act(id, { name }, () => this.#calls.change(id, { name })));
  }

  remove(project: ProjectSummary): Promise<void> {
    const { id, name } = project;
    return this.#attempt(async () => {
      await this.#projects.act(id, { deletedAt: Date.now() }, () => this.#calls.remove(id));
      toasts.show(says.deleted(name), { label: board.done.undo, run: () => void this.restore(project) });
    });
  }

  restore({ id, name }: ProjectSummary): Promise<void> {
    return this.#attempt(async () => {
      await this.#calls.restore(id);
      await this.#projects.read();
      toasts.show(says.restored(name));
    });
  }

  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      toasts.error(reasonOf(cause));
    }
  }
}

export const projects = new ProjectsHome();
