import { properties } from './properties/denied-layers.js';
import { testProperties } from './test-properties.js';

testProperties('snapshots whose layers are denied', properties);
