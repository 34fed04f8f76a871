import { properties as ofSavedInputs } from './properties/saved-inputs.js';
import type { Property } from './property.js';

/** What `npm run fuzz` tries; each list has a test file of its own, too. */
export const everyProperty: readonly Property[] = [...ofSavedInputs];
