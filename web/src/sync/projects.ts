// The REST calls on projects, and on the tasks of boards that are not open. Imports the REST door and the wire's types.

import type { CreateProject, CreateTask, PatchProject, PatchTask, ProjectList, ProjectSummary, Task, TaskList } from '../wire/wire';
import type { Rest } from './rest';

export class ProjectCalls {
  constructor(private readonly rest: Rest) {}

  async list(): Promise<ProjectSummary[]> {
    return (await this.rest.json<ProjectList>('GET', 'api/projects')).projects;
  }

  create(body: CreateProject): Promise<ProjectSummary> {
    return this.rest.json('POST', 'api/projects', body);
  }

  async change(id: string, body: PatchProject): Promise<void> {
    await this.rest.json('PATCH', `api/projects/${encodeURIComponent(id)}`, body);
  }

  async remove(id: string): Promise<void> {
    await this.rest.call('DELETE', `api/projects/${encodeURIComponent(id)}`);
  }

  async restore(id: string): Promise<void> {
    await this.rest.call('POST', `api/projects/${encodeURIComponent(id)}/restore`);
  }

  /** All tasks of all projects, the server's pages one after the other. */
  async tasks(wanted: { notebook?: string; cell?: string } = {}): Promise<Task[]> {
    const found: Task[] = [];
    for (let after: string | undefined; ; ) {
      const query = new URLSearchParams({ ...wanted, ...(after === undefined ? {} : { after }) });
      const page: TaskList = await this.rest.json('GET', `api/tasks?${query}`);
      found.push(...page.tasks);
      if (page.next === undefined) return found;
      after = page.next;
    }
  }

  task(id: string): Promise<Task> {
    return this.rest.json('GET', `api/tasks/${encodeURIComponent(id)}`);
  }

  createTask(body: CreateTask): Promise<Task> {
    return this.rest.json('POST', 'api/tasks', body);
  }

  changeTask(id: string, body: PatchTask): Promise<Task> {
    return this.rest.json('PATCH', `api/tasks/${encodeURIComponent(id)}`, body);
  }
}
