// Markdown while it is written: what is open at its end is drawn as it will most likely go on.

import { expect, test } from 'vitest';

import { finished } from '../../src/editor/unfinished';

test('ln_34_a_text_in_which_nothing_is_open_stays_as_it_is', () => {
  for (const text of [
    '',
    'A sentence.',
    '# A heading\n\nand *some* **bold** `code`, 2 * 3, snake_case_words and a_b',
    '- one\n- two\n\n1. three',
    '```python\nprint("**")\n```\n',
    '| a | b |\n|---|---|\n| 1 | 2 |',
    'A [link](http://example.org/a_b) and $x_i$ and $$y$$.',
    '* item with * in it',
  ]) {
    expect(finished(text)).toBe(text);
  }
});

test('ln_34_emphasis_and_code_are_closed_before_their_marks_have_come', () => {
  expect(finished('This is **bo')).toBe('This is **bo**');
  expect(finished('This is **bold*')).toBe('This is **bold**');
  expect(finished('This is **')).toBe('This is ');
  expect(finished('This is *slan')).toBe('This is *slan*');
  expect(finished('**both *and')).toBe('**both *and***');
  expect(finished('Call `pri')).toBe('Call `pri`');
  expect(finished('Call `')).toBe('Call ');
  expect(finished('**A `code` and ')).toBe('**A `code` and**');
  expect(finished('~~gone')).toBe('~~gone~~');
});

test('ln_34_marks_of_an_earlier_paragraph_are_left_alone', () => {
  expect(finished('An open **mark\n\nand the next paragraph')).toBe('An open **mark\n\nand the next paragraph');
});

test('ln_34_half_a_link_is_its_text_and_half_a_picture_nothing', () => {
  expect(finished('See [the man')).toBe('See the man');
  expect(finished('See [the manual](http://exam')).toBe('See the manual');
  expect(finished('Look: ![a cat](http://exa')).toBe('Look: ');
  expect(finished('Look: ![a c')).toBe('Look: ');
});

test('ln_34_signs_that_would_make_a_heading_or_a_rule_of_what_stands_above_wait', () => {
  expect(finished('A sentence\n-')).toBe('A sentence');
  expect(finished('A sentence\n--')).toBe('A sentence');
  expect(finished('A sentence\n\n##')).toBe('A sentence\n');
  expect(finished('- one\n- ')).toBe('- one');
  expect(finished('A sentence\n\n2.')).toBe('A sentence\n');
});

test('ln_34_a_table_waits_for_its_second_row', () => {
  expect(finished('Values:\n\n| a | b')).toBe('Values:');
  expect(finished('Values:\n\n| a | b |\n|--')).toBe('Values:');
  expect(finished('Values:\n\n| a | b |\n|---|---|\n| 1')).toBe('Values:\n\n| a | b |\n|---|---|\n| 1');
});

test('ln_34_formulas_and_diagrams_wait_until_they_are_whole', () => {
  expect(finished('So\n\n$$\n\\frac{1}')).toBe('So\n\n');
  expect(finished('```mermaid\ngraph TD\n  A --')).toBe('```text\ngraph TD\n  A --');
  expect(finished('```mermaid\ngraph TD\n```\n')).toBe('```mermaid\ngraph TD\n```\n');
});

test('ln_34_a_block_of_code_is_code_whatever_stands_in_it_and_its_end_does_not_flash_up_in_parts', () => {
  expect(finished('```python\nx = "**bold')).toBe('```python\nx = "**bold');
  expect(finished('```python\nx = 1\n``')).toBe('```python\nx = 1\n');
  expect(finished('- item\n  ```js\n  a *')).toBe('- item\n  ```js\n  a *');
});
