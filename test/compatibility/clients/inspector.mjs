import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { textOf } from './results.mjs';

const FOLDER = path.dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json'));
const PROGRAM = path.join(FOLDER, 'clients/launcher/build/index.js');
const run = promisify(execFile);

/** Each request is one run of the command line. */
export async function connect({ url, key, transport }) {
  const given = [
    '--cli',
    url,
    '--transport',
    transport,
    '--header',
    `Authorization: Bearer ${key}`,
    '--stored-auth-only',
  ];
  const request = async (...args) => {
    // It ends with an error code for the error of a tool, too, and then writes the result.
    const { stdout, error } = await run(process.execPath, [PROGRAM, ...given, '--method', ...args]).catch((error) => ({
      ...error,
      error,
    }));
    if (error && !stdout.includes('{')) throw error;
    return JSON.parse(stdout);
  };
  return {
    list: async () => (await request('tools/list')).tools.map(({ name }) => name),
    call: async (name, args) => {
      const pairs = Object.entries(args).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]);
      return textOf(await request('tools/call', '--tool-name', name, ...pairs));
    },
    close: async () => undefined,
  };
}
