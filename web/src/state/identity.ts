// Who this person is to the others: a name and a colour, chosen once and kept in this browser, and what tells that two
// of its tabs are one person.
//
// Invariant: what was once kept stays, also when the names or colours on offer change; only the person changes it, or
// `settle` a colour that nobody chose.

import { byChance } from '../doc/chance';
import { COLORS, isColor } from '../sync/colors';

export interface Identity {
  /** The same in all tabs of this browser. */
  id: string;
  name: string;
  color: string;
  /** Whether the person has said who they are, or has said that the name we gave will do. */
  named: boolean;
  /** A colour drawn by lot may still change for one that nobody here has. */
  settled: boolean;
}

const ADJECTIVES = ['Quiet', 'Bright', 'Calm', 'Swift', 'Kind', 'Bold', 'Clear', 'Warm'];
const ANIMALS = ['Heron', 'Otter', 'Lynx', 'Finch', 'Hare', 'Wren', 'Badger', 'Raven'];
/** Where it is kept: other tabs are told when it changes. */
export const IDENTITY = 'coscribe:identity';
const LONGEST_NAME = 60;

export type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** Where chance comes from; a test decides it. */
export interface Chance {
  random: () => number;
  id: () => string;
}

const CHANCE: Chance = { random: Math.random, id: () => byChance(9) };

/** The one kept, or a new one that is kept from now on. */
export function identity(store: Store | undefined, chance: Chance = CHANCE): Identity {
  const kept = read(store, chance);
  const person = kept ?? drawn(chance);
  keep(store, person);
  return person;
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

/**
 * At the first meeting with others: a colour drawn by lot that somebody here has is changed for a free one. From then
 * on it stays, whoever comes.
 */
export function settle(person: Identity, taken: readonly string[], random: () => number): Identity {
  if (person.settled) return person;
  const free = COLORS.filter((color) => !taken.includes(color));
  const clash = taken.includes(person.color) && free.length > 0;
  return { ...person, color: clash ? pick(free, random) : person.color, settled: true };
}

function drawn({ random, id }: Chance): Identity {
  const name = `${pick(ADJECTIVES, random)} ${pick(ANIMALS, random)}`;
  return { id: id(), name, color: pick(COLORS, random), named: false, settled: false };
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** What an earlier version kept has neither id nor marks: its name was the person's own. */
function read(store: Store | undefined, { random, id }: Chance): Identity | undefined {
  const value = parsed(store);
  const name = typeof value['name'] === 'string' ? validName(value['name']) : undefined;
  if (name === undefined) return undefined;
  return {
    id: typeof value['id'] === 'string' && value['id'] !== '' ? value['id'] : id(),
    name,
    color: isColor(value['color']) ? value['color'] : pick(COLORS, random),
    named: value['named'] !== false,
    settled: value['settled'] !== false,
  };
}

function parsed(store: Store | undefined): { [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(store?.getItem(IDENTITY) ?? 'null');
    return typeof value === 'object' && value !== null ? (value as { [key: string]: unknown }) : {};
  } catch {
    return {};
  }
}
