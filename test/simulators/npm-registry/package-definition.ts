/** One version of a package, as its author has it. */
export interface PackageDefinition {
  readonly name: string;
  readonly version: string;
  /** What package.json says besides. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Path → content; package.json is added. */
  readonly files?: Readonly<Record<string, string>>;
  /** The dist-tag that names this version from now on; `latest` unless given. */
  readonly tag?: string;
  /** Where its document says that the tarball is; the registry itself unless given. */
  readonly tarballUrl?: string;
}

export const packageJson = ({ name, version, manifest }: PackageDefinition): Record<string, unknown> => ({
  name,
  version,
  ...manifest,
});
