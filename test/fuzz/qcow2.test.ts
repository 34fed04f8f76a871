import { properties } from './properties/qcow2.js';
import { testProperties } from './test-properties.js';

testProperties('qcow2 images', properties);
