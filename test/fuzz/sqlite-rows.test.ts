import { properties } from './properties/sqlite-rows.js';
import { testProperties } from './test-properties.js';

testProperties('edited databases', properties);
