// Numbers of things as several parts of the page say them.

export const many = (number: number, one: string, more = `${one}s`): string => `${number} ${number === 1 ? one : more}`;

/** Changes that the server does not have. `unkept` of them are in this tab alone; `keeping`: for a moment only. */
export interface Unsaved {
  changes: number;
  unkept: number;
  keeping: boolean;
}

/** The same after the words that say so. */
export const unsaved = ({ changes, unkept, keeping }: Unsaved): string => {
  if (changes === 0) return '';
  if (unkept > 0 && !keeping) return ` · ${many(unkept, 'change')} not kept anywhere yet`;
  return ` · ${many(changes - (keeping ? unkept : 0), 'change')} kept in this browser`;
};
