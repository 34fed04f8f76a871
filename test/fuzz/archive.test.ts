import { properties } from './properties/archive.js';
import { testProperties } from './test-properties.js';

testProperties('archives', properties);
