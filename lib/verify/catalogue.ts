export * from '../finding/catalogue.js';
