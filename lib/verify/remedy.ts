export * from '../finding/remedy.js';
