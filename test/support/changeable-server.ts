import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { echoServer } from './upstreams.js';

/** A simulated stdio server with a fixed registration, whose behaviour at its next start can be changed. */
export class ChangeableServer {
  private readonly script: string;
  private readonly simulator: string;
  /** The fields of its registration. */
  readonly registration: { command: string; args: string[] };

  /** @param flags of echo-stdio.mjs, for every start */
  constructor(folder: string, name: string, ...flags: string[]) {
    const { command, args } = echoServer(...flags);
    this.simulator = args[0];
    this.script = join(folder, `${name}.mjs`);
    this.registration = { command, args: [this.script, ...args.slice(1)] };
    this.behaveAs();
  }

  /** @param flags of echo-stdio.mjs, added to those for every start; an unknown flag makes the start fail at once */
  behaveAs(...flags: string[]): void {
    const push = `process.argv.push(...${JSON.stringify(flags)});`;
    writeFileSync(this.script, `${push}\nawait import(${JSON.stringify(this.simulator)});\n`);
  }
}
