import { properties } from './properties/sidecars.js';
import { testProperties } from './test-properties.js';

testProperties('sidecars', properties);
