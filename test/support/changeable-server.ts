import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { echoServer } from './upstreams.js';

/** A simulated stdio server whose registration stays the same while what it does at its next start is changed. */
export class ChangeableServer {
  private readonly script: string;
  private readonly simulator: string;
  /** What a registration of it says. */
  readonly registration: { command: string; args: string[] };

  /** @param flags of echo-stdio.mjs, for every start */
  constructor(folder: string, name: string, ...flags: string[]) {
    const { command, args } = echoServer(...flags);
    this.simulator = args[0];
    this.script = join(folder, `${name}.mjs`);
    this.registration = { command, args: [this.script, ...args.slice(1)] };
    this.behaveAs();
  }

  /** @param flags of echo-stdio.mjs, on top of those for every start; an unknown one makes it fail at once */
  behaveAs(...flags: string[]): void {
    const push = `process.argv.push(...${JSON.stringify(flags)});`;
    writeFileSync(this.script, `${push}\nawait import(${JSON.stringify(this.simulator)});\n`);
  }
}
