import { properties } from './properties/state-files.js';
import { testProperties } from './test-properties.js';

testProperties('edited seals and receipts', properties);
