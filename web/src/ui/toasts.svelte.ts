// Short notices at the foot of the page, with at most one action each.

/** Long enough to read two lines and reach for the button. */
const SHOWN_MS = 8000;

export interface Toast {
  key: number;
  text: string;
  action?: { label: string; run: () => void };
  tone: 'plain' | 'error';
  /** A newer notice on the same takes its place. */
  topic?: string;
}

class Toasts {
  list = $state<Toast[]>([]);
  #next = 0;

  show(text: string, action?: Toast['action']): void {
    this.#add({ key: this.#next++, text, tone: 'plain', ...(action ? { action } : {}) }, SHOWN_MS);
  }

  /** Stays until it is taken or dismissed: there is no hurry. */
  offer(text: string, action: NonNullable<Toast['action']>): void {
    this.#add({ key: this.#next++, text, tone: 'plain', action });
  }

  /** Stays until it is dismissed: it says why something did not happen. */
  error(text: string): void {
    this.#add({ key: this.#next++, text, tone: 'error' });
  }

  /** Says how something stands now: nobody needs to read what was said of it before. */
  update(topic: string, text: string): void {
    this.list = this.list.filter((toast) => toast.topic !== topic);
    this.#add({ key: this.#next++, text, tone: 'plain', topic }, SHOWN_MS);
  }

  dismiss(key: number): void {
    this.list = this.list.filter((toast) => toast.key !== key);
  }

  #add(toast: Toast, shownMs?: number): void {
    this.list = [...this.list.slice(-3), toast];
    if (shownMs !== undefined) setTimeout(() => this.dismiss(toast.key), shownMs);
  }
}

export const toasts = new Toasts();
