import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');
const CHART = join(ROOT, 'deploy/helm/manifold');

/** Where it has been installed, as CI does: `npm run helm -- version`. */
const HELM = execFileSync(
  process.execPath,
  ['--input-type=module', '-e', "import('./tools/helm/helm.mjs').then((m) => console.log(m.installedHelm() ?? ''))"],
  { cwd: ROOT, encoding: 'utf8' },
).trim();

const here = HELM !== '' || process.env.HELM_REQUIRED === '1';

/** Where there is no Helm, the report says that these were not run; CI insists on it. */
export const describeChart = (name: string, body: () => void): void =>
  here ? describe(name, body) : describe.skip(`${name} (there is no Helm: npm run helm -- version)`, body);

export interface HelmRun {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Helm on the chart, for the release `gateway` in the namespace `agents`. Does not throw for an exit code other than 0. */
export function helm(command: 'lint' | 'template' | 'install', ...args: readonly string[]): HelmRun {
  const release = command === 'lint' ? [] : ['gateway'];
  const all = [command, ...release, CHART, '--namespace', 'agents', ...args];
  const { status, stdout, stderr, error } = spawnSync(HELM, all, { cwd: ROOT, encoding: 'utf8' });
  if (error) throw error;
  return { ok: status === 0, stdout, stderr };
}

export const valuesOf = (name: string): string => `test/deploy/values/${name}.yaml`;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  // Its content depends on the kind.
  readonly spec?: never;
  readonly data?: Readonly<Record<string, string>>;
}

/** @throws when the chart does not render */
export function manifestsOf(...args: readonly string[]): readonly Manifest[] {
  const { ok, stdout, stderr } = helm('template', ...args);
  if (!ok) throw new Error(stderr);
  return parsed(stdout);
}

/** As Kubernetes reads it, which is YAML 1.1: 0400 is an octal number. */
export function parsed(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}
