// What models cost, as somebody writes it. Pure.
//
// Invariant: what cannot be read is told, and never taken for no price or for another one.

import type { ModelPrice } from '../wire/wire';

/** Dollars for a million tokens of questions and of answers, as they are typed. */
export interface WrittenPrice {
  input: string;
  output: string;
}

export const NO_PRICE: WrittenPrice = { input: '', output: '' };

/** The server takes no higher one. */
const MOST_DOLLARS = 10_000;

export function write({ input, output }: ModelPrice): WrittenPrice {
  return { input: String(input), output: String(output) };
}

/** The prices that are meant, by model; or a model whose price is none. */
export function read(written: ReadonlyMap<string, WrittenPrice>): { prices: { [model: string]: ModelPrice } } | { wrong: string } {
  const prices: { [model: string]: ModelPrice } = {};
  for (const [model, price] of written) {
    if (price.input.trim() === '' && price.output.trim() === '') continue;
    const [input, output] = [dollars(price.input), dollars(price.output)];
    if (input === undefined || output === undefined) return { wrong: model };
    prices[model] = { input, output };
  }
  return { prices };
}

/** With a point or, as some keyboards have only that, a comma; but not one that may part thousands. */
function dollars(written: string): number | undefined {
  const text = written.trim();
  if (!/^(\d+|\d*[.,]\d+)$/.test(text) || /^[1-9]\d*,\d{3}$/.test(text)) return undefined;
  const number = Number(text.replace(',', '.'));
  return number <= MOST_DOLLARS ? number : undefined;
}
