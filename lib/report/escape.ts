export * from '../finding/escape.js';
