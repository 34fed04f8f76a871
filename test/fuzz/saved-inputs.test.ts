import { properties } from './properties/saved-inputs.js';
import { testProperties } from './test-properties.js';

testProperties('saved inputs', properties);
