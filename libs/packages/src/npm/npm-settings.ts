/** Where npm packages come from, and how they are installed. A class, so that it can be injected. */
export abstract class NpmSettings {
  /** URL of the registry; a user and a password in it are sent to it and nowhere else. */
  readonly registry: string;
  /** npm's cache: absolute path of a folder. npm itself and other gateways may use it at the same time. */
  readonly cacheDir: string;
  /** How long one install may take; milliseconds. */
  readonly timeoutMs: number;
  /** Options of Node for the install program: the limit of its memory. */
  readonly nodeOptions: readonly string[];
}
