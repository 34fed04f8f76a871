import { properties } from './properties/references.js';
import { testProperties } from './test-properties.js';

testProperties('snapshot references', properties);
