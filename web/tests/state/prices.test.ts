// Prices of models between what somebody types and what the server keeps.

import { expect, test } from 'vitest';

import { NO_PRICE, read, write, type WrittenPrice } from '../../src/state/prices';

const one = (input: string, output: string) => read(new Map([['m', { input, output }]]));

test('ln_89_prices_are_read_with_point_or_comma_and_empty_ones_are_none', () => {
  const written = new Map<string, WrittenPrice>([['a', { input: '3', output: '15' }], ['b', { input: ' 0.25 ', output: '0,5' }], ['local', { input: '0', output: '0' }], ['c', NO_PRICE]]);
  expect(read(written)).toEqual({ prices: { a: { input: 3, output: 15 }, b: { input: 0.25, output: 0.5 }, local: { input: 0, output: 0 } } });
  expect(one('.5', '10000')).toEqual({ prices: { m: { input: 0.5, output: 10_000 } } });
});

test('ln_89_what_is_no_price_is_told_of_its_model_and_not_taken_for_another', () => {
  for (const [input, output] of [['3', ''], ['', '3'], ['-1', '1'], ['1e3', '1'], ['1,000', '1'], ['three', '1'], ['.', '1'], ['10000.5', '1'], ['1 000', '1']]) {
    expect(one(input ?? '', output ?? ''), `${input} and ${output}`).toEqual({ wrong: 'm' });
  }
});

test('ln_89_a_price_that_is_kept_is_written_as_it_is_read', () => {
  for (const price of [{ input: 0.000001, output: 9999.99 }, { input: 0, output: 3 }]) {
    expect(read(new Map([['m', write(price)]]))).toEqual({ prices: { m: price } });
  }
});
