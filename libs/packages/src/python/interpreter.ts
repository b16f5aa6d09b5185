import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { LaunchError, type Launcher, type Owner } from '@manifold/launcher';
import { InstallError } from '../model/install-error.js';
import { INSTALL_LIMITS } from '../model/install-owner.js';

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
const ANSWER_WITHIN_MS = 60_000;

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

/**
 * Finds the interpreter on first use and caches it. After a failure, the next call searches again. It must be one that the programs of
 * installs may run: one in the home of root is closed to them.
 */
export class Interpreters {
  private found?: Promise<Interpreter>;

  /** @param bin interpreter from the settings; default: `python3` from PATH */
  constructor(
    private readonly bin: string | undefined,
    private readonly launcher: Launcher,
  ) {}

  /**
   * @param owner of installs. The result holds for those of others, too
   * @throws InstallError `python_not_found`, `python_too_old`, `python_incomplete`; LaunchError; UserIdsUsedUpError
   */
  get(owner: Owner): Promise<Interpreter> {
    const ask = (args: readonly string[]) => answer(this.launcher, owner, this.bin ?? 'python3', args);
    this.found ??= findInterpreter(this.bin ?? 'python3', ask).catch((error: unknown) => {
      this.found = undefined;
      throw error;
    });
    return this.found;
  }
}

async function findInterpreter(bin: string, ask: (args: readonly string[]) => Promise<string>): Promise<Interpreter> {
  const said = await ask(['--version']);
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
  const { executable, prefix, pipWheel } = probed(await ask(['-I', '-c', PROBE]));
  if (executable !== undefined && pipWheel !== undefined) {
    const places = prefix === undefined || prefix === '/' ? [] : [prefix];
    return { executable, version, pipWheel, realExecutable: await realpath(executable), places };
  }
  const hint = `install the Debian package python${major}.${minor}-venv, or set PYTHON_BIN to another Python`;
  throw new InstallError('python_incomplete', `"${bin}" (${version}) has no venv and ensurepip: ${hint}`);
}

/** Runs the interpreter and returns its output. */
async function answer(launcher: Launcher, owner: Owner, bin: string, args: readonly string[]): Promise<string> {
  try {
    const command = await launcher.find(owner, bin);
    const readable = [...new Set([command, await realpath(command)].flatMap(treeInHome))];
    const said: Promise<string>[] = [];
    const launch = { owner, command, args, env: {}, readable, limits: INSTALL_LIMITS };
    const { code } = await launcher.run(launch, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      onOutput: (stream) => said.push(text(stream)),
    });
    const [stdout, stderr] = await Promise.all(said);
    if (code === 0) return stdout! || stderr!; // Python 2 prints its version on stderr
    throw new Error(`It exited with code ${code}`);
  } catch (error) {
    if (error instanceof LaunchError && error.cause === undefined) throw error; // it may not run here, whatever it is
    const isMissing = error instanceof LaunchError && (error.cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? 'was not found' : 'does not run';
    const hint = 'install Python 3.10 or newer, or set PYTHON_BIN to it';
    throw new InstallError('python_not_found', `Python ("${bin}") ${why}: ${hint}`, { cause: error });
  }
}

/** Returns the folder of an installation, such as that of pyenv, below the home of the gateway's user. Elsewhere all is visible to programs. */
function treeInHome(file: string): string[] {
  const tree = dirname(dirname(file));
  const isTree = ['bin', 'shims'].includes(basename(dirname(file))) && tree.startsWith(`${homedir()}/`);
  return isTree ? [tree] : [];
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
