import { fitsPattern } from './name-pattern.js';

/** The runtimes of packages. */
export type PackageRuntimeName = 'node' | 'python';

/** Tells whether the name of a package matches a pattern. Python names ignore case and the kind of separator (PEP 503). */
export const fitsPackagePattern = (runtime: PackageRuntimeName, pattern: string, name: string): boolean =>
  fitsPattern(comparable(runtime, pattern), comparable(runtime, name));

const comparable = (runtime: PackageRuntimeName, name: string): string =>
  runtime === 'python' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name;
