import { expect, test } from 'vitest';

import type { AuditEntry } from '../../src/wire/wire';
import { answerOf, deedsWith } from '../../src/state/audit';

const deed = (name: string, action: string, address: string): AuditEntry => ({ at: 1, actor: { kind: 'token', name }, action, address, status: 200 });

test('ms_33 what was refused is told from what failed', () => {
  expect([200, 204, 304, 400, 403, 409, 500, 503].map(answerOf)).toEqual(['done', 'done', 'done', 'refused', 'refused', 'refused', 'failed', 'failed']);
});

test('ms_33 deeds are found by who, what and where from, in whatever case', () => {
  const deeds = [deed('Robot', 'PATCH /api/tasks/7', '10.0.0.1'), deed('Ana', 'DELETE /api/sessions/3', '10.0.0.2')];
  const found = (sought: string) => deedsWith(deeds, sought).map(({ actor }) => actor.name);
  expect(found('')).toEqual(['Robot', 'Ana']);
  expect(found(' robot ')).toEqual(['Robot']);
  expect(found('delete')).toEqual(['Ana']);
  expect(found('10.0.0')).toEqual(['Robot', 'Ana']);
  expect(found('nobody')).toEqual([]);
});
