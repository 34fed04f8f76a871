import { properties } from './properties/erofs.js';
import { testProperties } from './test-properties.js';

testProperties('EROFS superblocks', properties);
