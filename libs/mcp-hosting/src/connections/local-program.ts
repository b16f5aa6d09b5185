import type { InstalledProgram, ServerConnector } from './server-connector.js';
import type { ServerRecord } from '../model/server-record.js';

/** The program of one configuration of a server. It stays installed on this machine from the first start until it is released. */
export class LocalProgram {
  private prepared?: InstalledProgram;

  constructor(
    private readonly original: ServerRecord,
    private readonly connector: ServerConnector,
  ) {}

  /** The record with the command of the installed program, or the stored record if nothing is installed yet. */
  get record(): ServerRecord {
    return this.prepared?.record ?? this.original;
  }

  /** Folder with the files of the installed program. Undefined: nothing is installed. */
  get folder(): string | undefined {
    return this.prepared?.folder;
  }

  /** Variables that name files in the data folder of the server. */
  get dataFiles(): InstalledProgram['dataFiles'] {
    return this.prepared?.dataFiles;
  }

  /**
   * Installs the program. Called before each start, because an installed program may have been deleted since.
   * @throws ProviderError; the signal's reason
   */
  async prepare(signal: AbortSignal): Promise<void> {
    const prepared = await this.connector.prepare(this.original, signal);
    this.release();
    this.prepared = prepared;
    if (signal.aborted) this.release();
  }

  /** Allows the program to be removed. Called when no process uses it and none will be started. */
  release(): void {
    this.prepared?.release();
  }
}
