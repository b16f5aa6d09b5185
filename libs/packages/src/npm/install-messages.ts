/** What the install program is told, in the first message that it gets. */
export interface InstallOrder {
  readonly name: string;
  /** An exact version, a range or a dist-tag. */
  readonly version: string;
  /** Absolute path; does not exist yet. */
  readonly folder: string;
  /** URL; may have a user and a password. */
  readonly registry: string;
  readonly cacheDir: string;
  /** Whether install scripts run: those of the package, and of all that it depends on. */
  readonly allowScripts: boolean;
  readonly expectIntegrity?: string;
}

/** What it says while it works. */
export type ProgressReport =
  | { readonly kind: 'step'; readonly percent: number; readonly step: string }
  | { readonly kind: 'log'; readonly line: string };
