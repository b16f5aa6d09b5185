/** One version of a package, as its author writes it. */
export interface PackageDefinition {
  readonly name: string;
  readonly version: string;
  /** Further fields of package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Path → content; package.json is added. */
  readonly files?: Readonly<Record<string, string>>;
  /** The dist-tag that names this version from now on; `latest` unless given. */
  readonly tag?: string;
  /** The URL of the tarball in its document; at the registry itself unless given. */
  readonly tarballUrl?: string;
}

export const packageJson = ({ name, version, manifest }: PackageDefinition): Record<string, unknown> => ({
  name,
  version,
  ...manifest,
});
