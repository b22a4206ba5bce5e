// The outline of the open notebook: its headings as they are now, and the section that is before the person's eyes.
//
// Invariant: a keystroke reads one note anew, at most once a frame; the tree is drawn again only when a heading is
// another.

import { kindOf, sourceOf } from '../doc/cell';
import type { Part } from '../doc/notebook';
import { headingsOf, type Heading } from '../state/headings';
import { sectionAt, sectionsOf, type Section } from '../state/outline';
import { articleOf } from './editors';
import type { NotebookModel } from './notebook.svelte';

/** Below the bar at the head of the page: what stands here is what is read, and what is gone to comes to stand above. */
const READING_LINE_PX = 104;
const RESTING_PX = 84;

export class OutlineModel {
  sections = $state.raw<readonly Section[]>([]);
  /** The key of the section that is read. */
  current = $state<string | undefined>();
  readonly #headings = new Map<string, readonly Heading[]>();
  /** Cells to read anew. */
  readonly #stale = new Set<string>();
  /** Cells on the screen that are watched, and those of them that are before the eyes. */
  readonly #watched = new Set<Element>();
  readonly #seen = new Set<Element>();
  readonly #crossing = new IntersectionObserver((entries) => this.#crossed(entries), { rootMargin: `-${READING_LINE_PX}px 0px 0px 0px` });
  readonly #coming = new MutationObserver(() => this.#later());
  readonly #stop: (() => void)[];
  #frame = 0;
  #drawn = '';

  constructor(private readonly model: NotebookModel) {
    const later = (): void => this.#later();
    window.addEventListener('scroll', later, { passive: true });
    const cells = document.querySelector('main.notebook .cells');
    if (cells) this.#coming.observe(cells, { childList: true });
    const { notebook } = model.session;
    this.#stop = [notebook.onStructure(later), notebook.onAnyCell((id, part) => this.#changed(id, part)), () => window.removeEventListener('scroll', later)];
    this.#read();
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
    this.#crossing.disconnect();
    this.#coming.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** Brings a section to the head of the page. */
  goTo(section: Section): void {
    this.model.uncover(section.cell);
    const element = this.#elementOf(section);
    if (element) window.scrollBy(0, element.getBoundingClientRect().top - RESTING_PX);
    this.model.select(section.cell);
  }

  #crossed(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#seen.add(target);
      else this.#seen.delete(target);
    }
    this.#later();
  }

  #changed(id: string, part: Part): void {
    if (part === 'outputs') return;
    this.#stale.add(id);
    this.#later();
  }

  #later(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#read());
  }

  #read(): void {
    const { ids } = this.model;
    this.#watch(ids);
    for (const id of ids) if (this.#stale.has(id) || !this.#headings.has(id)) this.#headings.set(id, this.#headingsIn(id));
    this.#stale.clear();
    const entries = ids.flatMap((cell) => (this.#headings.get(cell) ?? []).map((heading) => ({ ...heading, cell })));
    const sections = sectionsOf(entries, ids);
    const drawn = JSON.stringify(sections);
    if (drawn !== this.#drawn) this.sections = sections;
    this.#drawn = drawn;
    this.current = this.#reading(ids)?.key;
  }

  #watch(ids: readonly string[]): void {
    for (const element of this.#watched) if (!element.isConnected) (this.#crossing.unobserve(element), this.#watched.delete(element), this.#seen.delete(element));
    for (const id of ids) {
      const element = articleOf(id);
      if (element && !this.#watched.has(element)) (this.#watched.add(element), this.#crossing.observe(element));
    }
  }

  #headingsIn(id: string): readonly Heading[] {
    const cell = this.model.session.notebook.cell(id);
    return cell && kindOf(cell) === 'note' ? headingsOf(sourceOf(cell)?.toString() ?? '') : [];
  }

  /** The last section that begins above the reading line, in a note of several by where its headings stand. */
  #reading(ids: readonly string[]): Section | undefined {
    const seen = new Set([...this.#seen].map(({ id }) => id));
    const first = ids.find((id) => seen.has(`cell-${id}`));
    const own = this.sections.filter(({ cell }) => cell === first);
    const found = first === undefined ? undefined : sectionAt(this.sections, ids, first);
    if (own.length < 2) return found;
    const begun = own.findLast((section) => (this.#elementOf(section)?.getBoundingClientRect().top ?? 0) <= READING_LINE_PX);
    return begun ?? own[0];
  }

  /** The heading on the screen; its cell while the note is being written, or far away. */
  #elementOf({ cell, order }: Section): Element | undefined {
    const article = articleOf(cell);
    return article?.querySelectorAll('.note .markdown > :is(h1, h2, h3, h4, h5, h6)')[order] ?? article;
  }
}
