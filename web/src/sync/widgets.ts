// One open widget session: the document with all that keeps it in step (document.ts), what it means, and the way to the
// program.

import type { Awareness } from 'y-protocols/awareness';

import { byChance } from '../doc/chance';
import { Widgets } from '../doc/widgets/widgets';
import { CallbackQueue } from './callbacks';
import { delivered } from './delivered';
import { DocumentSession, openDocument, type DocumentSettings, type Parts } from './document';
import type { WidgetCalls } from './widgetCalls';

export interface WidgetSessionSettings extends Omit<DocumentSettings, 'document'> {
  id: string;
  calls: WidgetCalls;
}

/** What the document of a session is called on the server and in this browser. */
export function widgetDocument(session: string): string {
  return `widgets:${session}`;
}

export class WidgetSession extends DocumentSession {
  readonly widgets: Widgets;
  readonly callbacks: CallbackQueue;
  /** Names this page to the program: 128 bits by chance, anew with every page. */
  readonly client = byChance(16);

  private constructor(
    readonly settings: WidgetSessionSettings,
    parts: Parts,
  ) {
    super({ document: widgetDocument(settings.id), base: settings.base }, parts);
    this.widgets = new Widgets(parts.doc);
    this.callbacks = new CallbackQueue({
      send: (callbacks) => settings.calls.tell(settings.id, this.client, callbacks),
      delivered: () => delivered(this.provider),
    });
  }

  /** Reads what this browser kept, then begins to talk to the server. */
  static async open(settings: WidgetSessionSettings): Promise<WidgetSession> {
    const session = new WidgetSession(settings, await openDocument({ ...settings, document: widgetDocument(settings.id) }));
    session.provider.start();
    return session;
  }

  override destroy(): void {
    this.widgets.destroy();
    super.destroy();
  }
}

/** Tells the program, through the room, which page this is. Also after a goodbye. */
export function introduceClient(awareness: Awareness, client: string): void {
  const state = awareness.getLocalState();
  if (state !== null && state['client'] !== client) awareness.setLocalState({ ...state, client });
}
