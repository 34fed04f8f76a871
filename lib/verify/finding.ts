export * from '../finding/finding.js';
