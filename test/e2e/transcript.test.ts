/**
 * What the program under test does in each scenario is what cocoon 0.3.8 did. With BLOBCHECK_TEST_RECORD set, what it does is
 * written down as what is expected: only for the real one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cocoonNeeds, cocoonUnderTest, realCocoon } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { scenarios } from './scenarios.js';
import { play } from './transcript.js';

const test = suite('transcripts of cocoon');

process.umask(0o022);

for (const [name, scenario] of Object.entries(scenarios)) {
  needs(cocoonNeeds, test, `${name} go as with cocoon 0.3.8`, async () => {
    const path = fileURLToPath(new URL(`../fixtures/cocoon-0.3.8/${name}.txt`, import.meta.url));
    const seen = await play(cocoonUnderTest, scenario);
    if (realCocoon !== null && process.env.BLOBCHECK_TEST_RECORD) writeFileSync(path, seen);
    assert.fixture(seen, readFileSync(path, 'utf8'));
  });
}

test.run();
