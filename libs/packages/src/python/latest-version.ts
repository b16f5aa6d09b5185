import { readdir } from 'node:fs/promises';
import type { Launcher } from '@manifold/launcher';
import { InstallError } from '../model/install-error.js';
import { withWorkFolder, type Pip, type PipRun } from './pip.js';

type Question = Pick<PipRun, 'owner' | 'network' | 'executable' | 'indexes' | 'signal'>;

/** Asks the newest version of packages. */
export class LatestVersion {
  /** @param parent folder of the gateway for work folders */
  constructor(
    private readonly pip: Pip,
    private readonly launcher: Launcher,
    private readonly parent: string,
  ) {}

  /**
   * Returns the newest version that an install from wheels only would choose. It downloads the wheel: in all versions of pip, only a
   * download considers Python's version, the platform and yanked releases. The file stays in the cache for the install.
   * @throws InstallError; LaunchError; the reason of the signal
   */
  async ofWheels(name: string, question: Question): Promise<string> {
    const command = ['download', '--no-deps', '--progress-bar', 'off'];
    const files = await this.ask({ ...question, command, requirements: [name], allowScripts: false, onLine: ignore });
    const wheel = files.find((file) => file.endsWith('.whl'));
    return versionOf(name, wheel?.split('-')[1]);
  }

  /**
   * Returns the newest version in the index, as a wheel or as source. It downloads nothing, because pip would run code of a source
   * distribution to read its metadata.
   * @throws InstallError; LaunchError; the reason of the signal
   */
  async ofAny(name: string, question: Question): Promise<string> {
    const found: string[] = [];
    const onLine = (line: string) => {
      const [, version] = /^\S+ \(([^)\s]+)\)$/.exec(line) ?? [];
      if (version !== undefined) found.push(version);
    };
    await this.ask({ ...question, command: ['index', 'versions'], requirements: [name], allowScripts: true, onLine });
    return versionOf(name, found[0]);
  }

  /** Runs pip in a new work folder. @returns the names of the files that it has left there */
  private ask(run: Omit<PipRun, 'work'>): Promise<string[]> {
    return withWorkFolder(this.parent, async (work) => {
      const { owner, indexes } = run;
      const end = await this.launcher.fill({ owner, folders: [work] }, () => this.pip.run({ ...run, work }));
      await this.pip.check(end, work, indexes);
      return readdir(work);
    });
  }
}

const ignore = (): void => undefined;

function versionOf(name: string, version: string | undefined): string {
  if (version !== undefined) return version;
  throw new InstallError('install_failed', `pip did not report the newest version of "${name}"`);
}
