import { createRequire } from 'node:module';
import path from 'node:path';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { connectOver } from './sdk-1.mjs';

const PROGRAM = path.join(
  path.dirname(createRequire(import.meta.url).resolve('mcp-remote/package.json')),
  'dist/proxy.js',
);

/** mcp-remote is a stdio server for programs that know no other kind: the client of the SDK starts it. */
export async function connect({ url, key, transport }) {
  const args = [
    PROGRAM,
    url,
    '--allow-http',
    '--transport',
    `${transport}-only`,
    '--header',
    `Authorization: Bearer ${key}`,
  ];
  const { PATH, HOME } = process.env;
  const program = new StdioClientTransport({ command: process.execPath, args, env: { PATH, HOME }, stderr: 'pipe' });
  let said = '';
  program.stderr.on('data', (chunk) => (said += chunk));
  try {
    return await connectOver(program);
  } catch (error) {
    throw new Error(said.slice(-2000), { cause: error });
  }
}
