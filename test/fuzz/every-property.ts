import { properties as ofArchives } from './properties/archive.js';
import { properties as ofDeniedBases } from './properties/denied-base.js';
import { properties as ofDeniedLayers } from './properties/denied-layers.js';
import { properties as ofErofs } from './properties/erofs.js';
import { properties as ofGuardArguments } from './properties/guard-arguments.js';
import { properties as ofJsonIndexes } from './properties/json-indexes.js';
import { properties as ofKernels } from './properties/kernel.js';
import { properties as ofQcow2 } from './properties/qcow2.js';
import { properties as ofReferences } from './properties/references.js';
import { properties as ofSavedInputs } from './properties/saved-inputs.js';
import { properties as ofSidecars } from './properties/sidecars.js';
import { properties as ofSqliteRows } from './properties/sqlite-rows.js';
import { properties as ofStamps } from './properties/stamps.js';
import { properties as ofStateFiles } from './properties/state-files.js';
import { properties as ofVmState } from './properties/vmstate.js';
import type { Property } from './property.js';

/**
 * What `npm run fuzz` tries; each list has a test file of its own, too. The lists are in properties/, what makes their inputs
 * in inputs/, how the library and the scripts are asked in answers/, what these answers are held against in second-opinions/,
 * and the inputs that once failed in saved/.
 */
export const everyProperty: readonly Property[] = [
  ...ofArchives,
  ...ofDeniedBases,
  ...ofDeniedLayers,
  ...ofErofs,
  ...ofGuardArguments,
  ...ofJsonIndexes,
  ...ofKernels,
  ...ofQcow2,
  ...ofReferences,
  ...ofSavedInputs,
  ...ofSidecars,
  ...ofSqliteRows,
  ...ofStamps,
  ...ofStateFiles,
  ...ofVmState,
];
