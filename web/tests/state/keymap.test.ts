// Keys that people change: what is in force afterwards, what is in the way, what is kept.

import { expect, test } from 'vitest';

import { commands, COMMANDS, nameOf, type Command } from '../../src/state/commands';
import { assigned, bindingsOf, conflicts, isReserved, keptByBrowsers, keptKeymap, keysByCommand, readKeymap, removed, reset, written, type Remapping } from '../../src/state/keymap';
import { keysText } from '../../src/state/keynames';
import { sheet, sought } from '../../src/state/sheet';

function keysOf(remapping: Remapping, command: Command): string[] {
  return keysByCommand(remapping).get(command) ?? [];
}

function clashes(remapping: Remapping): string[] {
  const all = bindingsOf(remapping).map(({ keys }) => keys);
  return all.filter((keys, index) => all.some((other, place) => place !== index && (other === keys || other.startsWith(`${keys} `))));
}

test('the commands begin with keys of which none hides another', () => {
  expect(clashes({})).toEqual([]);
  expect(bindingsOf({}).length).toBe(commands().flatMap((command) => COMMANDS[command].keys).length);
});

test('a command is given a key and keeps those it has', () => {
  const remapping = assigned({}, 'addBelow', 'n');
  expect(keysOf(remapping, 'addBelow')).toEqual([...COMMANDS.addBelow.keys, 'n']);
  expect(bindingsOf(remapping)).toContainEqual({ keys: 'n', command: 'addBelow' });
});

test('a key that is taken is told, and moves only when it is assigned', () => {
  const taken = COMMANDS.addAbove.keys[0] ?? '';
  expect(conflicts({}, 'addBelow', taken)).toEqual([{ keys: taken, command: 'addAbove' }]);
  const remapping = assigned({}, 'addBelow', taken);
  expect(keysOf(remapping, 'addAbove')).toEqual([]);
  expect(keysOf(remapping, 'addBelow')).toContain(taken);
  expect(conflicts({}, 'addAbove', taken)).toEqual([]);
});

test('keys that begin a sequence are in its way, and the other way round', () => {
  expect(conflicts({}, 'addBelow', 'd').map(({ command }) => command)).toEqual(['delete']);
  expect(conflicts({}, 'delete', 'b b').map(({ command }) => command)).toEqual(['addBelow']);
  const remapping = assigned({}, 'addBelow', 'd');
  expect(keysOf(remapping, 'delete')).toEqual([]);
  expect(clashes(remapping)).toEqual([]);
});

test('keys are taken away one by one, and a reset brings them back unless another has them now', () => {
  const without = removed({}, 'undo', 'z');
  expect(keysOf(without, 'undo')).toEqual(COMMANDS.undo.keys.filter((keys) => keys !== 'z'));
  expect(keysOf(reset(without, 'undo'), 'undo')).toEqual(COMMANDS.undo.keys);
  const given = assigned(without, 'redo', 'z');
  expect(keysOf(reset(given, 'undo'), 'undo')).not.toContain('z');
  expect(keysOf(reset(given, 'undo'), 'redo')).toContain('z');
});

test('keys that are again as at the beginning are not kept as a change', () => {
  const remapping = assigned(removed({}, 'undo', 'z'), 'undo', 'z');
  expect(remapping).toEqual({});
});

test('a keymap comes back from its text as it was', () => {
  const remapping = removed(assigned({}, 'delete', 'Mod+Shift+k'), 'undo', 'z');
  expect(readKeymap(written(remapping))).toEqual({ remapping });
});

test('a text that is no keymap is refused with what is wrong in it', () => {
  expect(readKeymap('{')).toEqual({ problem: { kind: 'notJson' } });
  expect(readKeymap('[]')).toEqual({ problem: { kind: 'notAnObject' } });
  expect(readKeymap('{"fly": ["f"]}')).toEqual({ problem: { kind: 'unknownCommand', name: 'fly' } });
  expect(readKeymap('{"toString": ["f"]}')).toEqual({ problem: { kind: 'unknownCommand', name: 'toString' } });
  expect(readKeymap('{"undo": "z"}')).toEqual({ problem: { kind: 'notKeys', name: 'undo' } });
  expect(readKeymap('{"undo": ["Shift+Mod+z"]}')).toEqual({ problem: { kind: 'notKeys', name: 'undo' } });
  expect(readKeymap('{"undo": ["z"], "redo": ["z z"]}')).toEqual({ problem: { kind: 'twice', name: 'redo', keys: 'z z' } });
});

test('of what this browser kept the readable part is used', () => {
  expect(keptKeymap(null)).toEqual({});
  expect(keptKeymap('broken')).toEqual({});
  expect(keptKeymap('{"fly": ["f"], "undo": ["u"]}')).toEqual({ undo: ['u'] });
});

test('whatever is kept, no binding hides another', () => {
  let seed = 7;
  const chance = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const strokes = ['a', 'b', 'd', 'z', 'Mod+k'];
  for (let round = 0; round < 300; round += 1) {
    let remapping: Remapping = {};
    for (let step = 0; step < 6; step += 1) {
      const command = commands()[chance(commands().length)] as Command;
      const keys = Array.from({ length: 1 + chance(3) }, () => strokes[chance(strokes.length)]).join(' ');
      remapping = chance(4) === 0 ? reset(remapping, command) : assigned(remapping, command, keys);
      if (remapping[command]?.includes(keys)) expect(keysOf(remapping, command), `round ${round}`).toContain(keys);
    }
    expect(clashes(remapping), `round ${round}: ${JSON.stringify(remapping)}`).toEqual([]);
  }
});

test('Tab and Escape stay the way on and the way out', () => {
  expect(['Tab', 'Shift+Tab', 'Escape', 'g Tab'].every(isReserved)).toBe(true);
  expect(['Mod+Escape', 't', 'Enter'].some(isReserved)).toBe(false);
});

test('what browsers keep for themselves is known on each platform', () => {
  expect(['Mod+t', 'Mod+w', 'Mod+Shift+n', 'F12'].every((keys) => keptByBrowsers(keys, 'other'))).toBe(true);
  expect(keptByBrowsers('Mod+h', 'mac')).toBe(true);
  expect(keptByBrowsers('Mod+h', 'other')).toBe(false);
  expect(keptByBrowsers('Mod+f', 'other')).toBe(false);
});

test('the sheet has every command once, in its group, with the keys in force', () => {
  const remapping = assigned({}, 'addBelow', 'n');
  const lines = sheet(keysByCommand(remapping), (command) => remapping[command] !== undefined, 'other').flatMap((group) => group.lines);
  const labels = lines.map(({ label }) => label);
  expect(commands().length).toBeLessThanOrEqual(labels.length);
  expect(lines.filter(({ keys }) => keys.includes('n')).map(({ changed }) => changed)).toEqual([true]);
});

test('the sheet is searched by words and by keys as they are read', () => {
  const groups = sheet(keysByCommand({}), () => false, 'other');
  expect(sought(groups, 'ctrl+shift+p', 'other').flatMap(({ lines }) => lines).map(({ label }) => label)).toEqual([nameOf('palette')]);
  expect(sought(groups, 'merge', 'other').flatMap(({ lines }) => lines).length).toBeGreaterThan(0);
  expect(sought(groups, 'no such thing', 'other')).toEqual([]);
  expect(keysText('Mod+Shift+p', 'mac')).toBe('⌘⇧P');
  expect(keysText('d d', 'other')).toBe('D D');
  expect(keysText('Mod++', 'other')).toBe('Ctrl++');
});
