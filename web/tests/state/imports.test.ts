import { expect, test } from 'vitest';

import { Imports, tally, type ImportState } from '../../src/state/imports';
import { Refusal, type ImportSettings } from '../../src/sync/rest';
import { homeText } from '../../src/text/home';
import type { NotebookSummary } from '../../src/wire/wire';

interface Call extends ImportSettings {
  settings: ImportSettings;
  succeed(): void;
  fail(cause: Error): void;
}

/** A server that answers when the test says so. */
class TestDoor {
  calls: Call[] = [];
  removed: string[] = [];
  readonly imports = new Imports({
    import: (_file, settings) =>
      new Promise<NotebookSummary>((resolve, reject) => {
        const id = `made${this.calls.length}`;
        settings.signal?.addEventListener('abort', () => reject(new Refusal(0, 'called_off', '')));
        const succeed = (): void => resolve({ id, title: settings.name ?? '', createdAt: 0, updatedAt: 0, cellCount: 1 });
        this.calls.push({ ...settings, settings, succeed, fail: reject });
      }),
    remove: async (id) => void this.removed.push(id),
    largest: async () => 1000,
  });

  get kinds(): ImportState['kind'][] {
    return this.imports.entries.map(({ state }) => state.kind);
  }

  async add(...names: string[]): Promise<void> {
    this.imports.add(names.map((name) => new File(['{}'], name)));
    await settled();
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setTimeout(resolve, 0));
}

test('of many files two are under way at once', async () => {
  const door = new TestDoor();
  await door.add('a', 'b', 'c', 'd');
  expect(door.kinds).toEqual(['sending', 'sending', 'waiting', 'waiting']);
  expect(door.calls.map(({ name }) => name)).toEqual(['a', 'b']);
  door.calls[1]?.succeed();
  await settled();
  expect(door.kinds).toEqual(['sending', 'done', 'sending', 'waiting']);
  door.calls[0]?.fail(new Refusal(422, 'not_a_notebook_file', 'The notebook is broken.'));
  await settled();
  expect(door.kinds).toEqual(['failed', 'done', 'sending', 'sending']);
  expect(door.imports.entries[0]?.state).toEqual({ kind: 'failed', sentence: 'The notebook is broken.', again: false });
  expect(tally(door.imports.entries)).toEqual({ underWay: 2, done: 1, failed: 1, cancelled: 0 });
});

test('progress is what has left, then reading', async () => {
  const door = new TestDoor();
  await door.add('a');
  door.calls[0]?.sent?.(0.25);
  expect(door.imports.entries[0]?.state).toEqual({ kind: 'sending', share: 0.25 });
  door.calls[0]?.sent?.(1);
  expect(door.kinds).toEqual(['reading']);
});

test('what is too large or no notebook is never sent', async () => {
  const door = new TestDoor();
  door.imports.add([new File(['{', 'x'.repeat(2000)], 'big.ipynb'), new File(['GIF89a'], 'dot.gif'), new File([], 'nothing.ipynb'), new File(['{}'], 'fine.ipynb')]);
  await settled();
  await settled();
  expect(door.kinds).toEqual(['failed', 'failed', 'failed', 'sending']);
  expect(door.calls.length).toBe(1);
});

test('one that is cancelled while it leaves is called off, and can begin anew', async () => {
  const door = new TestDoor();
  await door.add('a', 'b', 'c');
  door.imports.cancel(2);
  door.imports.cancel(0);
  await settled();
  expect(door.calls[0]?.signal?.aborted).toBe(true);
  expect(door.kinds).toEqual(['cancelled', 'sending', 'cancelled']);
  door.imports.again(0);
  await settled();
  door.calls[2]?.succeed();
  await settled();
  expect(door.kinds).toEqual(['done', 'sending', 'cancelled']);
  expect(door.removed).toEqual([]);
});

test('one that is cancelled while the server reads it leaves no notebook in the list', async () => {
  const door = new TestDoor();
  await door.add('a');
  door.calls[0]?.sent?.(1);
  door.imports.cancel(0);
  expect(door.calls[0]?.signal?.aborted).toBe(false);
  door.imports.again(0);
  await settled();
  door.calls[0]?.succeed();
  door.calls[1]?.succeed();
  await settled();
  expect(door.removed).toEqual(['made0']);
  expect(door.imports.entries[0]?.state).toMatchObject({ kind: 'done', notebook: { id: 'made1' } });
  // Another name for another attempt: the same would answer with the notebook that is removed.
  expect(door.calls[1]?.key).not.toBe(door.calls[0]?.key);
});

test('ms_31_a_lost_answer_is_asked_for_again_by_its_name_and_a_lost_file_is_sent_anew', async () => {
  const lost = (): Refusal => new Refusal(0, 'not_reached', 'x');
  const door = new TestDoor();
  await door.add('a');
  door.calls[0]?.fail(lost());
  await settled();
  expect(door.imports.entries[0]?.state).toEqual({ kind: 'failed', sentence: homeText.problems.notReached, again: true });
  door.imports.again(0);
  await settled();
  expect(door.calls[1]?.key).not.toBe(door.calls[0]?.key);
  door.calls[1]?.sent?.(1);
  door.calls[1]?.fail(lost());
  await settled();
  door.imports.again(0);
  await settled();
  expect(door.calls[2]?.key).toBe(door.calls[1]?.key);
});

test('clearing forgets those that are over and leaves the others', async () => {
  const door = new TestDoor();
  await door.add('a', 'b');
  door.calls[0]?.succeed();
  await settled();
  door.imports.clear();
  expect(door.imports.entries.map(({ name }) => name)).toEqual(['b']);
  await door.add('c');
  expect(door.imports.entries.map(({ name }) => name)).toEqual(['b', 'c']);
});
