import { realpath } from 'node:fs/promises';
import { askSystemProgram } from '@manifold/launcher';
import { InstallError } from '../model/install-error.js';

/** Python interpreter that can create virtual environments. */
export interface Interpreter {
  readonly executable: string;
  /** Version, such as `3.11.7`. */
  readonly version: string;
  /** Path of the pip wheel that this Python bundles for new environments. */
  readonly pipWheel: string;
  /** Path of the file that runs, without symbolic links. */
  readonly realExecutable: string;
  /** Folders that it needs to run. */
  readonly places: readonly string[];
}

const OLDEST = [3, 10] as const;
const ANSWER_WITHIN_MS = 20_000;

/** Python program that finds the bundled wheel of pip, in the folders that Linux distributions and Python itself use. */
const PROBE = `
import glob, json, os, sys, sysconfig
try:
    import ensurepip, venv
    places = [sysconfig.get_config_var('WHEEL_PKG_DIR'), os.path.join(os.path.dirname(ensurepip.__file__), '_bundled')]
except ImportError:
    places = []
wheels = [wheel for place in places if place for wheel in sorted(glob.glob(os.path.join(place, 'pip-*.whl')))]
print(json.dumps({'executable': sys.executable, 'prefix': sys.base_prefix, 'pipWheel': wheels[0] if wheels else None}))
`;

/** Finds the interpreter on first use and caches it. After a failure, the next call searches again. */
export class Interpreters {
  private found?: Promise<Interpreter>;

  /** @param bin interpreter from the settings; default: `python3` from PATH */
  constructor(private readonly bin: string | undefined) {}

  /** @throws InstallError `python_not_found`, `python_too_old`, `python_incomplete` */
  get(): Promise<Interpreter> {
    this.found ??= findInterpreter(this.bin ?? 'python3').catch((error: unknown) => {
      this.found = undefined;
      throw error;
    });
    return this.found;
  }
}

async function findInterpreter(bin: string): Promise<Interpreter> {
  const said = await answer(bin, ['--version']);
  const [, version, major, minor] = /^Python ((\d+)\.(\d+)\S*)/.exec(said) ?? [];
  if (version === undefined) {
    throw new InstallError(
      'python_not_found',
      `"${bin}" is not a working Python: set PYTHON_BIN to Python 3.10 or newer`,
    );
  }
  if (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])) {
    const hint = 'set PYTHON_BIN to a newer one, such as /usr/bin/python3.11';
    throw new InstallError('python_too_old', `Python 3.10 or newer is needed, and "${bin}" is ${version}: ${hint}`);
  }
  const { executable, prefix, pipWheel } = probed(await answer(bin, ['-I', '-c', PROBE]));
  if (executable !== undefined && pipWheel !== undefined) {
    const places = prefix === undefined || prefix === '/' ? [] : [prefix];
    return { executable, version, pipWheel, realExecutable: await realpath(executable), places };
  }
  const hint = `install the Debian package python${major}.${minor}-venv, or set PYTHON_BIN to another Python`;
  throw new InstallError('python_incomplete', `"${bin}" (${version}) has no venv and ensurepip: ${hint}`);
}

/** Runs the interpreter and returns its output. */
async function answer(bin: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await askSystemProgram(bin, args, ANSWER_WITHIN_MS);
    return stdout || stderr; // Python 2 prints its version on stderr
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'was not found' : 'does not run';
    const hint = 'install Python 3.10 or newer, or set PYTHON_BIN to it';
    throw new InstallError('python_not_found', `Python ("${bin}") ${why}: ${hint}`, { cause: error });
  }
}

function probed(text: string): { executable?: string; prefix?: string; pipWheel?: string } {
  try {
    const { executable, prefix, pipWheel } = JSON.parse(text) as Record<string, unknown>;
    return { executable: textOf(executable), prefix: textOf(prefix), pipWheel: textOf(pipWheel) };
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
