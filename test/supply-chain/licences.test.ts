import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { insidePrograms, isInstalled, lockfile, nameOf, places, project } from './project.js';

const test = suite('licences');

/** What asks for no more than that its text goes along. */
const installable = new Set(['MIT', 'ISC', 'BSD-3-Clause', 'MIT AND BSD-3-Clause']);
/** Of what never leaves the machine that builds. */
const usable = new Set([...installable, 'Apache-2.0', 'BlueOak-1.0.0', 'MIT OR Apache-2.0']);

function licenceText(directory: string): string {
  const name = readdirSync(directory).find((one) => /^licen[cs]e/i.test(one));
  assert.ok(name, `${directory} has no licence file`);
  return readFileSync(join(directory, name), 'utf8').trim();
}

test('every package has one that allows what is done with it', () => {
  for (const place of places) {
    const licence = lockfile.packages[place]?.license ?? 'none';
    assert.ok((isInstalled(place) ? installable : usable).has(licence), `${place}: ${licence}`);
  }
});

/** Words that stand in the text of a licence and in no other's of those above. */
const words: Readonly<Record<string, RegExp>> = {
  MIT: /Permission is hereby granted, free of charge/,
  ISC: /Permission to use, copy, modify, and\/or distribute this software/,
  'BSD-3-Clause': /Neither the name|name of the copyright holder|names of (its|the) contributors/,
};

test('what is installed has its text with it, and the text is of the licence that the lockfile names', () => {
  for (const place of places.filter(isInstalled)) {
    const text = licenceText(join(project, place));
    for (const licence of (lockfile.packages[place]?.license ?? '').split(' AND ')) {
      assert.match(text.replace(/\s+/g, ' '), words[licence] ?? /^$/, `${place}: ${licence}`);
    }
  }
});

test('the texts of all packages whose code stands in the programs go along in one file', () => {
  const whole = readFileSync(join(project, 'dist/THIRD-PARTY-LICENSES'), 'utf8');
  const texts = insidePrograms.map((name) => `${name}\n\n${licenceText(join(project, 'node_modules', name))}\n`);
  assert.is(whole, texts.join('\n'));
});

test('the programs hold no code of other packages', () => {
  const left = places.filter(isInstalled).map(nameOf);
  const whole = readFileSync(join(project, 'dist/THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of [
    'main.cjs',
    'program-every.cjs',
    'program-hook.cjs',
    'program-verify.cjs',
    'unpacked-digest.cjs',
  ]) {
    const text = readFileSync(join(project, 'dist', name), 'utf8');
    for (const [, found = ''] of text.matchAll(/node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g)) {
      assert.ok(left.includes(found) && whole.includes(`${found}\n\n`), `${name} holds ${found}`);
    }
  }
});

test.run();
