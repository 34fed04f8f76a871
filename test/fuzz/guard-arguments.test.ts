import { properties } from './properties/guard-arguments.js';
import { testProperties } from './test-properties.js';

testProperties('guard arguments', properties);
