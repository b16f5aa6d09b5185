import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inheritedEnvironment } from '@manifold/config';
import { InstallError } from '../install-error.js';

/** A Python that can make virtual environments. */
export interface Interpreter {
  readonly executable: string;
  /** `3.11.7` */
  readonly version: string;
  /** The pip that this Python brings for new environments. */
  readonly pipWheel: string;
}

const OLDEST = [3, 10] as const;
const ANSWER_WITHIN_MS = 20_000;
const run = promisify(execFile);

/** Where Linux distributions and Python itself keep the wheel of pip. */
const PROBE = `
import glob, json, os, sys, sysconfig
try:
    import ensurepip, venv
    places = [sysconfig.get_config_var('WHEEL_PKG_DIR'), os.path.join(os.path.dirname(ensurepip.__file__), '_bundled')]
except ImportError:
    places = []
wheels = [wheel for place in places if place for wheel in sorted(glob.glob(os.path.join(place, 'pip-*.whl')))]
print(json.dumps({'executable': sys.executable, 'pipWheel': wheels[0] if wheels else None}))
`;

/** Finds the interpreter when it is first needed, and keeps it. What is missing is looked for again the next time. */
export class Interpreters {
  private found?: Promise<Interpreter>;

  /** @param bin as set; `python3` from PATH unless given */
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
      `"${bin}" does not answer as Python does: set PYTHON_BIN to Python 3.10 or newer`,
    );
  }
  if (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])) {
    const hint = 'set PYTHON_BIN to a newer one, such as /usr/bin/python3.11';
    throw new InstallError('python_too_old', `Python 3.10 or newer is needed, and "${bin}" is ${version}: ${hint}`);
  }
  const { executable, pipWheel } = probed(await answer(bin, ['-I', '-c', PROBE]));
  if (executable !== undefined && pipWheel !== undefined) return { executable, version, pipWheel };
  const hint = `install the Debian package python${major}.${minor}-venv, or set PYTHON_BIN to another Python`;
  throw new InstallError('python_incomplete', `"${bin}" (${version}) has no venv and ensurepip: ${hint}`);
}

/** What it prints. */
async function answer(bin: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(bin, args, { env: inheritedEnvironment(), timeout: ANSWER_WITHIN_MS });
    return stdout || stderr; // Python 2 tells its version on stderr
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'was not found' : 'does not run';
    const hint = 'install Python 3.10 or newer, or set PYTHON_BIN to it';
    throw new InstallError('python_not_found', `Python ("${bin}") ${why}: ${hint}`, { cause: error });
  }
}

function probed(text: string): { executable?: string; pipWheel?: string } {
  try {
    const { executable, pipWheel } = JSON.parse(text) as Record<string, unknown>;
    return { executable: textOf(executable), pipWheel: textOf(pipWheel) };
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
