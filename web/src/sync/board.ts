// One open board: the document of a project with all that keeps it in step (document.ts), and what a board is.

import { Board } from '../doc/board/board';
import { BoardHistory } from '../doc/board/history';
import { DocumentSession, openDocument, type DocumentSettings, type Parts } from './document';

export interface BoardSettings extends Omit<DocumentSettings, 'document'> {
  /** The id of the project. */
  id: string;
  /** Origins of this person's keystrokes. */
  typing: readonly unknown[];
}

/** What the document of a project is called on the server and in this browser. */
export function boardDocument(project: string): string {
  return `project:${project}`;
}

export class BoardSession extends DocumentSession {
  readonly board: Board;
  readonly history: BoardHistory;

  private constructor(
    readonly settings: BoardSettings,
    parts: Parts,
  ) {
    super({ document: boardDocument(settings.id), base: settings.base }, parts);
    this.board = new Board(parts.doc);
    this.history = new BoardHistory(this.board, settings.typing);
  }

  /** Reads what this browser kept, then begins to talk to the server. */
  static async open(settings: BoardSettings): Promise<BoardSession> {
    const session = new BoardSession(settings, await openDocument({ ...settings, document: boardDocument(settings.id) }));
    session.provider.start();
    return session;
  }

  override destroy(): void {
    this.history.destroy();
    this.board.destroy();
    super.destroy();
  }
}
