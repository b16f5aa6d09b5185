export { packageName, versionSpec } from './npm-grammar.js';
export { NpmInstaller } from './npm-installer.js';
export { NpmSettings } from './npm-settings.js';
export { NpmVersions } from './npm-versions.js';
export { entriesOf, entryOf } from './package-entry.js';
export { startOf } from './program-start.js';
