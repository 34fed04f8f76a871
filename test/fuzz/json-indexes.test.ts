import { properties } from './properties/json-indexes.js';
import { testProperties } from './test-properties.js';

testProperties('edited indexes', properties);
