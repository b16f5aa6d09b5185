export { importPlan, sealedValues } from './import-plan.js';
export { ImportTarget } from './import-target.js';
export { readOriginal } from './original-database.js';
export { OriginalSeal } from './original-seal.js';
export { runImport } from './run-import.js';
