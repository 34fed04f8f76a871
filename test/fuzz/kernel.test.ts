import { properties } from './properties/kernel.js';
import { testProperties } from './test-properties.js';

testProperties('packed kernels', properties);
