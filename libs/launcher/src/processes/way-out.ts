import type { ChildProcess } from 'node:child_process';
import { Server } from 'node:net';
import type { Program } from './resource-limits.js';

/** Leads programs to the proxy of the gateway. */
export interface WayOut {
  /**
   * Returns the variables that name the proxy.
   * @param port where it listens on the loopback of a sandbox. Undefined: the program shares the network of the gateway
   */
  environment(port?: number): Readonly<Record<string, string>>;
  /** Takes connections from a listener that the program alone can reach. */
  serve(listener: Server): void;
}

/** Port of the proxy in a sandbox, whose loopback belongs to its program alone. */
export const PORT_IN_SANDBOX = 3128;

const SHELL = '/bin/sh';
const ENV = '/usr/bin/env';
/** Listens in the network of the sandbox, gives the listener to the gateway, and ends when the gateway has it. */
const LISTEN = `
const listener = require('node:net').createServer();
process.once('message', () => process.exit());
process.once('disconnect', () => process.exit(1));
listener.listen(${PORT_IN_SANDBOX}, '127.0.0.1', () => process.send('listening', listener));
`;
/** The program gets neither the channel to the gateway nor a word of it. Options of Node and of the loader are for the program alone. */
const AFTER_LISTENING = `
${ENV} -i NODE_CHANNEL_FD="$NODE_CHANNEL_FD" "$0" -e "$1" </dev/null >&2 || exit 1
eval "exec $NODE_CHANNEL_FD<&-"
unset NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE
shift
exec "$@"
`;

/**
 * Returns a program that opens the way out of its sandbox before it becomes another one. A listening socket stays in the network in which it was
 * opened, whoever has it. The gateway takes connections from it directly, so that nothing of the sandbox stands in between.
 * @param variables of the loader of programs, which the other program gets
 */
export const behindListener = ({ command, args }: Program, variables: Readonly<Record<string, string>>): Program => ({
  command: SHELL,
  args: [
    ...['-c', AFTER_LISTENING, process.execPath, LISTEN, ENV],
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...[command, ...args],
  ],
});

/** Waits for the listener of a program. Only the first message counts: it comes before the program. */
export function takeListener(child: ChildProcess, wayOut: WayOut): void {
  child.once('message', (_message, handle) => {
    if (handle instanceof Server) wayOut.serve(handle);
    child.send('taken', () => child.connected && child.disconnect());
  });
}
