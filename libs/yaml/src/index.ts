export { isDeeper } from './nesting.js';
