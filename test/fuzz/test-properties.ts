import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Property, tryInputs, trySaved } from './property.js';

/** The same inputs each time: what fails here fails again. `npm run fuzz` takes others. */
const SEED = 20_261_127;

/** A test a property: first what once failed, then so many new inputs. */
export function testProperties(name: string, properties: readonly Property[]): void {
  const test = suite(name);
  for (const property of properties) {
    test(property.name, async () => {
      await trySaved(property);
      const { failure } = await tryInputs(property, { seed: SEED, runs: property.quickRuns });
      assert.is(failure, null, failure === null ? '' : `${failure.file}\n${failure.reason}`);
    });
  }
  test.run();
}
