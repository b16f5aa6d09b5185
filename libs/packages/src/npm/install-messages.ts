/** First message to the install program: the install to run. */
export interface InstallOrder {
  readonly name: string;
  /** Exact version, range or dist-tag. */
  readonly version: string;
  /** Absolute path of an empty folder. */
  readonly folder: string;
  /** URL of the registry. It may contain a user and a password. */
  readonly registry: string;
  readonly cacheDir: string;
  /** Whether to run the install scripts of the package and of all its dependencies. */
  readonly allowScripts: boolean;
  readonly expectIntegrity?: string;
}

/** Message of the install program during the install. */
export type ProgressReport =
  | { readonly kind: 'step'; readonly percent: number; readonly step: string }
  | { readonly kind: 'log'; readonly line: string };
