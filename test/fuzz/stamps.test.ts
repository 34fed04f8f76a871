import { properties } from './properties/stamps.js';
import { testProperties } from './test-properties.js';

testProperties('edited stamps', properties);
