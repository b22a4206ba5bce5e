// Who this person is to the others: a name and a colour, chosen once and kept in this browser.

export interface Identity {
  /** The same in all tabs of this browser: one person however many of them are open. */
  id: string;
  name: string;
  color: string;
}

/** Dark enough for white letters on them (4.5:1), and apart from each other also for the colour-blind. */
export const COLORS = ['#0b6e99', '#b3402a', '#5b4b9a', '#2e7d32', '#9c2f6b', '#8a5a00', '#00695c', '#5d4037'] as const;

const ADJECTIVES = ['Quiet', 'Bright', 'Calm', 'Swift', 'Kind', 'Bold', 'Clear', 'Warm'];
const ANIMALS = ['Heron', 'Otter', 'Lynx', 'Finch', 'Hare', 'Wren', 'Badger', 'Raven'];
/** Where it is kept: other tabs are told when it changes. */
export const IDENTITY = 'coscribe:identity';
const LONGEST_NAME = 60;

export type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** The one kept, or a new one that is kept from now on. */
export function identity(store: Store | undefined, random: () => number): Identity {
  const kept = read(store);
  if (kept?.id !== undefined) return { ...kept, id: kept.id };
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const made = { name: `${pick(ADJECTIVES)} ${pick(ANIMALS)}`, color: pick(COLORS), ...kept, id: newId(random) };
  keep(store, made);
  return made;
}

export function keep(store: Store | undefined, person: Identity): void {
  try {
    store?.setItem(IDENTITY, JSON.stringify(person));
  } catch (cause) {
    console.warn('The name was not kept.', cause);
  }
}

/** A name that can be shown: trimmed, not empty, not endless. */
export function validName(name: string): string | undefined {
  const trimmed = name.trim().slice(0, LONGEST_NAME);
  return trimmed === '' ? undefined : trimmed;
}

/** 16 hexadecimal digits: no secret, and nobody else's. */
function newId(random: () => number): string {
  const half = (): string => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0');
  return half() + half();
}

/** Of earlier versions of this page there may be one without an id. */
function read(store: Store | undefined): (Omit<Identity, 'id'> & { id: string | undefined }) | undefined {
  try {
    const value = JSON.parse(store?.getItem(IDENTITY) ?? 'null') as Partial<Identity> | null;
    const name = typeof value?.name === 'string' ? validName(value.name) : undefined;
    const color = COLORS.find((known) => known === value?.color);
    const id = typeof value?.id === 'string' && /^[0-9a-f]{16}$/.test(value.id) ? value.id : undefined;
    return name !== undefined && color !== undefined ? { id, name, color } : undefined;
  } catch {
    return undefined;
  }
}
