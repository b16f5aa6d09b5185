import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { loaderVariable } from '@manifold/server-model';
import type { TransportSettings } from './transport-settings.js';

/** Programs that run a package, which the first argument names. */
const RUNNERS = /^(?:npx|bunx|uvx)$/;
/** Programs all of whose arguments say what is run. */
const MULTIPLEXERS =
  /^(?:docker|podman|nerdctl|uv|pipx|poetry|pdm|hatch|deno|npm|pnpm|yarn|bun|go|cargo|dotnet|bundle|env|sudo|doas|su|nice|nohup|setsid|stdbuf|timeout|xargs|ssh|cmd|powershell|pwsh|busybox|tini|dumb-init|bwrap|firejail|unshare|chroot)(?:\.exe)?$/;
/** Flags that neither take a value from the next argument nor change what is run. */
const PLAIN_FLAGS = /^(?:-y|-q|-u|-v|--yes|--quiet|--verbose|--no-install|--isolated)$/;
const DIGEST_LENGTH = 22;

/**
 * Returns the destination of confidential settings and of users' secrets: the origin of the URL, or the program. Another destination
 * never gets them. The program is the command with its arguments up to the first one that is no flag, such as `node server.js`, in its working
 * folder.
 */
export function destinationOf(transport: TransportSettings): string {
  if (transport.transportType === 'streamable_http') return new URL(transport.url).origin;
  const { command, args, cwd, env } = transport;
  const words = [command, ...programArguments(command, args), ...loaderSettings(env)];
  const program = createHash('sha256').update(JSON.stringify(cwd === undefined ? words : { cwd, words }));
  return `program:${program.digest('base64url').slice(0, DIGEST_LENGTH)}`;
}

function programArguments(command: string, args: readonly string[]): readonly string[] {
  const name = basename(command);
  const first = args.findIndex((text) => !text.startsWith('-'));
  if (first === -1 || MULTIPLEXERS.test(name)) return args;
  // Another flag may load code, or take the next argument as its value.
  if (!args.slice(0, first).every((flag) => PLAIN_FLAGS.test(flag))) return args;
  const program = args.slice(0, first + 1);
  if (!RUNNERS.test(name)) return program;
  // Another version of a package is the same package. An alias (`name@npm:other`) or a URL is not a version.
  return program.map((text, index) => (index === first ? text.replace(/(?<=.)(?:@|==)[\w.^~-]+$/, '') : text));
}

/** Variables that make a program run other code are a part of the program. */
function loaderSettings(env: Readonly<Record<string, string>>): readonly string[] {
  const loaders = Object.keys(env).filter((name) => loaderVariable([name]) !== undefined);
  return loaders.sort().map((name) => `${name}=${env[name]}`);
}
