import type { RegistryOptions } from './registry-access.js';

/** First message to the install program: the install to run. */
export interface InstallOrder {
  /**
   * `fetch`: to download and unpack the package and its dependencies. `scripts`: to run their install scripts afterwards, in a process that has
   * never known the credentials of the registries.
   */
  readonly stage: 'fetch' | 'scripts';
  readonly name: string;
  /** Exact version, range or dist-tag. */
  readonly version: string;
  /** Absolute path of an empty folder. */
  readonly folder: string;
  readonly registries: RegistryOptions;
  /** Folder of npm's cache. If it is `folder`, the cache is removed after the download. */
  readonly cacheDir: string;
  readonly expectIntegrity?: string;
}

/** Message of the install program during the install. */
export type ProgressReport =
  | { readonly kind: 'step'; readonly percent: number; readonly step: string }
  | { readonly kind: 'log'; readonly line: string };
