import type { RegistrySettings } from './registry-access.js';

/** Settings of npm installs. It is a class so that Nest can inject it. */
export abstract class NpmSettings implements RegistrySettings {
  readonly registry: string;
  readonly token?: string;
  readonly npmrc?: Readonly<Record<string, string>>;
  /** Absolute path of the folder in which each tenant has a cache of npm. Other gateways may use it at the same time. */
  readonly cacheDir: string;
  /** Time limit of one install, in milliseconds. */
  readonly timeoutMs: number;
  /** Node options of the install program, such as its heap limit. */
  readonly nodeOptions: readonly string[];
}
