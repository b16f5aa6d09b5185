import type { Principal } from '@manifold/auth';
import { fitsPattern, type ServerAccessRules } from '@manifold/server-hosting';
import { admits } from './access-rule.js';

/** Tools of a server of which it is remembered: one with ever new names fills no memory. */
const MOST_DECIDED = 10_000;

/** What somebody sees of one server that has rules. */
export class ServerSight {
  private readonly decided = new Map<string, boolean>();

  /** @param admitted for each rule of tools, whether it lets them in */
  constructor(
    private readonly access: ServerAccessRules,
    private readonly admitted: readonly boolean[],
  ) {}

  shows(tool: string): boolean {
    const known = this.decided.get(tool);
    if (known !== undefined) return known;
    const decision = this.decide(tool);
    if (this.decided.size >= MOST_DECIDED) this.decided.clear();
    this.decided.set(tool, decision);
    return decision;
  }

  private decide(tool: string): boolean {
    const { tools = [] } = this.access;
    const naming = tools.flatMap(({ names }, index) =>
      names.some((pattern) => fitsPattern(pattern, tool)) ? [this.admitted[index]!] : [],
    );
    return naming.length === 0 || naming.includes(true);
  }
}

/** What somebody sees of the servers of a tenant. All who see the same share it. */
export class Sight {
  /**
   * @param key stands for all that was decided, and for the rules that decided it
   * @param servers those that have rules; undefined: hidden
   */
  constructor(
    readonly key: string,
    private readonly servers: ReadonlyMap<string, ServerSight | undefined>,
  ) {}

  showsServer(name: string): boolean {
    return !this.servers.has(name) || this.servers.get(name) !== undefined;
  }

  showsTool(server: string, tool: string): boolean {
    if (!this.servers.has(server)) return true;
    return this.servers.get(server)?.shows(tool) ?? false;
  }
}

/** What a principal is let into: nothing, or the server and for each rule of its tools whether that lets them in, too. */
export function admission(access: ServerAccessRules, principal: Principal): readonly boolean[] | undefined {
  if (!admits(access, principal)) return undefined;
  return (access.tools ?? []).map((rule) => admits(rule, principal));
}
