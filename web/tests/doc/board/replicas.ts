// Several people with the same board, joined by hand: what they do reaches the others when the test says so.

import * as Y from 'yjs';

import { Board } from '../../../src/doc/board/board';
import { creating, type Doer } from '../../../src/doc/board/deeds';
import { BoardHistory } from '../../../src/doc/board/history';

export const TYPING = Symbol('typing');

export class Player {
  readonly board: Board;
  readonly history: BoardHistory;
  readonly doer: Doer;

  constructor(client: number, now: () => number) {
    const doc = new Y.Doc();
    doc.clientID = client;
    this.board = new Board(doc);
    this.history = new BoardHistory(this.board, [TYPING]);
    this.doer = { name: () => `Player ${client}`, now };
  }

  get titles(): string[] {
    return this.board.snapshot().tasks.map(({ title }) => title);
  }

  create(id: string): void {
    this.history.perform(() => creating(this.board, this.doer, { id, title: id.toUpperCase(), status: 'pending' }));
  }
}

/** People with a board of these tasks, the last made on top. */
export function players(count: number, ids: readonly string[] = []): Player[] {
  let time = 1000;
  const all = Array.from({ length: count }, (_, index) => new Player(index + 1, () => (time += 1)));
  ids.forEach((id) => all[0]?.create(id));
  exchange(all);
  return all;
}

/** Everybody gets everything, in an order that differs between them. */
export function exchange(all: readonly Player[]): void {
  const updates = all.map(({ board }) => Y.encodeStateAsUpdate(board.doc));
  all.forEach(({ board }, index) => {
    const order = index % 2 === 0 ? updates : updates.toReversed();
    order.forEach((update) => Y.applyUpdate(board.doc, update));
  });
}
