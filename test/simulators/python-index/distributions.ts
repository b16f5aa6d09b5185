import { createHash } from 'node:crypto';
import { zipArchive } from './zip-archive.js';

/** A file of a package index. */
export interface Distribution {
  readonly project: string;
  readonly file: string;
  readonly content: Buffer;
  readonly requiresPython?: string;
}

export interface WheelSpec {
  readonly name: string;
  readonly version: string;
  /** Path in the archive → source. */
  readonly files?: Readonly<Record<string, string>>;
  /** Its dependencies, as in the metadata. */
  readonly requires?: readonly string[];
  readonly requiresPython?: string;
  /** The tag for Python, ABI and platform; `py3-none-any` unless given. */
  readonly tag?: string;
}

export function wheel({
  name,
  version,
  files = {},
  requires = [],
  requiresPython,
  tag = 'py3-none-any',
}: WheelSpec): Distribution {
  const base = `${name.replaceAll('-', '_')}-${version}`;
  const info = `${base}.dist-info`;
  const contents: Record<string, string> = {
    ...files,
    [`${info}/METADATA`]: metadata(name, version, requires, requiresPython),
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
  };
  const record = Object.entries(contents).map(
    ([path, text]) => `${path},sha256=${digest(text)},${Buffer.byteLength(text)}`,
  );
  contents[`${info}/RECORD`] = [...record, `${info}/RECORD,,`, ''].join('\n');
  return { project: name, file: `${base}-${tag}.whl`, content: zipArchive(contents), requiresPython };
}

/**
 * Returns a source package. It contains its own build module, which needs nothing from an index. pip runs it even to read the metadata.
 * @param marker a file that exists once code of the package has run
 * @param code further code that runs then
 */
export function sourceDistribution(name: string, version: string, marker: string, code = ''): Distribution {
  const base = `${name.replaceAll('-', '_')}-${version}`;
  const built = wheel({ name, version, files: { [`${name.replaceAll('-', '_')}.py`]: `VERSION = '${version}'\n` } });
  const files = {
    [`${base}/PKG-INFO`]: metadata(name, version, []),
    [`${base}/pyproject.toml`]: '[build-system]\nrequires = []\nbuild-backend = "build_it"\nbackend-path = ["."]\n',
    [`${base}/build_it.py`]: buildBackend(built, marker, code),
  };
  return { project: name, file: `${base}.zip`, content: zipArchive(files) };
}

function metadata(name: string, version: string, requires: readonly string[], requiresPython?: string): string {
  const lines = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`];
  if (requiresPython !== undefined) lines.push(`Requires-Python: ${requiresPython}`);
  return [
    ...lines,
    ...requires.map((requirement) => `Requires-Dist: ${requirement}`),
    '',
    'A package of the tests.',
    '',
  ].join('\n');
}

function buildBackend(built: Distribution, marker: string, code: string): string {
  return `import base64, os

open(${JSON.stringify(marker)}, 'w').close()
${code}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    with open(os.path.join(folder, '${built.file}'), 'wb') as file:
        file.write(base64.b64decode('${built.content.toString('base64')}'))
    return '${built.file}'
`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
