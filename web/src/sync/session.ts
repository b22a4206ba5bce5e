// One open notebook: the document with all that keeps it in step (document.ts), and what a notebook is. Imports doc.

import { keepOwnWords } from '../doc/earlier';
import { LastEdits } from '../doc/edits';
import { History } from '../doc/undo';
import { Notebook } from '../doc/notebook';
import { DocumentSession, openDocument, type DocumentSettings, type Parts } from './document';

export interface SessionSettings extends Omit<DocumentSettings, 'document'> {
  id: string;
  /** Origins of this person's keystrokes. */
  typing: readonly unknown[];
}

export class NotebookSession extends DocumentSession {
  readonly notebook: Notebook;
  readonly history: History;
  /** Who typed where while this page was open. */
  readonly edits: LastEdits;
  readonly #stopKeeping: () => void;

  private constructor(
    readonly settings: SessionSettings,
    parts: Parts,
  ) {
    super({ document: settings.id, base: settings.base }, parts);
    const { provider } = parts;
    this.notebook = new Notebook(parts.doc);
    this.history = new History(this.notebook, { name: settings.name, now: Date.now }, settings.typing);
    this.#stopKeeping = keepOwnWords(this.notebook);
    this.edits = new LastEdits(this.notebook, Date.now, ({ local, origin }) => local || (origin === provider && provider.progress.link.kind === 'synced'));
  }

  /** Reads what this browser kept, then begins to talk to the server. */
  static async open(settings: SessionSettings): Promise<NotebookSession> {
    const session = new NotebookSession(settings, await openDocument({ ...settings, document: settings.id }));
    session.provider.start();
    return session;
  }

  override destroy(): void {
    this.history.destroy();
    this.edits.destroy();
    this.#stopKeeping();
    super.destroy();
  }
}
