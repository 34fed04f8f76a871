import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findingCodes } from '../../lib/finding/catalogue.js';

const test = suite('every code that can be found is found by a test');

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Where a code is what goes in, not what comes out: these tests make findings to look at something else, and a store
 * throws errors, whose codes only resemble those of findings.
 */
const makers = /^(?:finding|report|store|bench)\/|^verify\/(?:heal|verdict|error-finding)\.test\.ts$/;

/** Strings, which may hold what looks like a comment (`simular/*`), and comments, which are no strings. */
const stringsAndComments =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|\/\*[\s\S]*?\*\/|(?<![:\\])\/\/.*/g;

/** Codes from which a test makes a finding or an error itself. */
const inputs = /\b(?:finding|heal|BlobcheckError)\(\s*['"][a-z0-9-]+['"]/g;

function expectationsOf(source: string): string {
  return source.replace(stringsAndComments, (text) => (text.startsWith('/') ? '' : text)).replace(inputs, '');
}

/** The codes of the catalogue that no test expects by its exact name. */
function uncovered(sources: readonly string[], codes: readonly string[]): string[] {
  const expectations = sources.map(expectationsOf);
  return codes.filter((code) => {
    // As a word of its own in quotes, or in front of a finding's message in an expected output.
    const named = new RegExp(`(['"\`])${code}\\1|/\\^?${code}[:/ ]`);
    return !expectations.some((source) => named.test(source));
  });
}

function testSources(): string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const wanted = names.filter((name) => name.endsWith('.test.ts') && !makers.test(name));
  return wanted.map((name) => readFileSync(join(root, name), 'utf8'));
}

test('no code of the catalogue is without a test that expects it', () => {
  assert.equal(uncovered(testSources(), findingCodes), []);
});

test('a code that a test expects is covered, in any kind of quotes and in an expected output', () => {
  const sources = [
    "assert.is(code, 'a-b');",
    'equal(codes(x), ["a-b"])',
    'match(out, /a-b: text/)',
    "verify('simular/*'); is(code, 'a-b'); /* or */",
    "verify('http://x'); is(code, 'a-b');",
  ];
  for (const source of sources) {
    assert.equal(uncovered([source], ['a-b']), [], source);
  }
});

test('a code that is only a part of another, in a comment, or put in by the test itself, is not covered', () => {
  const sources = [
    "assert.is(code, 'a-b-c'); assert.is(code, 'x-a-b');",
    "/* assert.is(code, 'a-b') */",
    "  // assert.is(code, 'a-b')",
    "verdictOf([finding('a-b', 'x')])",
    "heal('a-b', {})",
    "new BlobcheckError(\n  'a-b',\n  'x')",
    "test('the code a-b is found', () => {})",
  ];
  for (const source of sources) assert.equal(uncovered([source], ['a-b']), ['a-b'], source);
});

test.run();
