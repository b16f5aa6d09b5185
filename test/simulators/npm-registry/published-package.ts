import { packageJson, type PackageDefinition } from './package-definition.js';
import { integrityOf } from './tarball.js';

/** The fields of a version that the abbreviated form of a document keeps. */
const ABBREVIATED = [
  'name',
  'version',
  'deprecated',
  'dependencies',
  'optionalDependencies',
  'devDependencies',
  'bundleDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bin',
  'directories',
  'dist',
  'engines',
  'os',
  'cpu',
];

interface Version {
  readonly definition: PackageDefinition;
  readonly integrity: string;
  /** The time of its publication; ISO 8601. */
  readonly time: string;
  tarball: Buffer;
  deprecated?: string;
}

/** A package in the registry with all of its versions. */
export class PublishedPackage {
  private readonly versions = new Map<string, Version>();
  private readonly tags = new Map<string, string>();

  constructor(readonly name: string) {}

  /** Publishes a version and replaces the same version, if there is one. @returns the integrity */
  publish(definition: PackageDefinition, tarball: Buffer): string {
    const integrity = integrityOf(tarball);
    this.versions.set(definition.version, { definition, tarball, integrity, time: new Date().toISOString() });
    this.tags.set(definition.tag ?? 'latest', definition.version);
    return integrity;
  }

  tag(tag: string, version: string): void {
    this.tags.set(tag, this.versionOf(version).definition.version);
  }

  deprecate(version: string, words: string): void {
    this.versionOf(version).deprecated = words;
  }

  /** Replaces the tarball of a version; the document still describes the first one. */
  replaceTarball(version: string, tarball: Buffer): void {
    this.versionOf(version).tarball = tarball;
  }

  /** Finds a tarball by the last part of its URL. */
  tarball(file: string): Buffer | undefined {
    return [...this.versions.values()].find(({ definition }) => fileOf(definition) === file)?.tarball;
  }

  document(registryUrl: string, abbreviated: boolean): object {
    const manifests = [...this.versions].map(([number, version]) => {
      const manifest = this.manifest(version, registryUrl);
      return [number, abbreviated ? pick(manifest, ABBREVIATED) : manifest] as const;
    });
    const times = [...this.versions].map(([number, { time }]) => [number, time] as const);
    const document = {
      name: this.name,
      'dist-tags': Object.fromEntries(this.tags),
      versions: Object.fromEntries(manifests),
    };
    return abbreviated ? document : { _id: this.name, ...document, time: Object.fromEntries(times) };
  }

  private manifest({ definition, integrity, deprecated }: Version, registryUrl: string): Record<string, unknown> {
    const tarball = definition.tarballUrl ?? `${registryUrl}/${this.name}/-/${fileOf(definition)}`;
    const { name, version } = definition;
    const scripts = (definition.manifest?.scripts ?? {}) as Record<string, string>;
    const hasInstallScript = ['preinstall', 'install', 'postinstall'].some((script) => script in scripts);
    return {
      ...packageJson(definition),
      _id: `${name}@${version}`,
      ...(hasInstallScript && { hasInstallScript }),
      ...(deprecated !== undefined && { deprecated }),
      dist: { tarball, integrity },
    };
  }

  private versionOf(version: string): Version {
    const found = this.versions.get(version);
    if (!found) throw new Error(`There is no ${this.name}@${version}`);
    return found;
  }
}

const fileOf = ({ name, version }: PackageDefinition): string => `${name.split('/').pop()}-${version}.tgz`;

const pick = (from: Record<string, unknown>, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
