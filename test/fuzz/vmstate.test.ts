import { properties } from './properties/vmstate.js';
import { testProperties } from './test-properties.js';

testProperties('vmstate', properties);
