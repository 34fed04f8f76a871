import { properties } from './properties/denied-base.js';
import { testProperties } from './test-properties.js';

testProperties('snapshots whose base is denied', properties);
