import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

const CONFIGURATION = join(import.meta.dirname, '../../deploy/compose/nginx.conf');
const NGINX = '/usr/sbin/nginx';

/** Whether to run tests with nginx. Without nginx they are reported as skipped; CI sets NGINX_REQUIRED=1. */
export const nginxIsHere = existsSync(NGINX) || process.env.NGINX_REQUIRED === '1';

export interface ComposeProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the nginx of docker-compose.yml in a separate process. Its configuration is the same except for the addresses.
 * @param port of 127.0.0.1, free
 * @param replicas `host:port` of the two replicas
 */
export async function startComposeProxy(port: number, replicas: readonly [string, string]): Promise<ComposeProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-nginx-'));
  const server = readFileSync(CONFIGURATION, 'utf8')
    .replace('gateway-1:3001', replicas[0])
    .replace('gateway-2:3001', replicas[1])
    .replace('listen 3001;', `listen 127.0.0.1:${port};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  );
  const text = [
    'daemon off; master_process off;',
    `pid ${folder}/pid; error_log ${folder}/error.log;`,
    'events {}',
    `http { access_log off; ${temporary.join(' ')}\n${server}\n}`,
  ];
  writeFileSync(join(folder, 'nginx.conf'), text.join('\n'));
  const child = spawn(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (line: string) => (errors += line));
  const url = `http://127.0.0.1:${port}`;
  await eventually('nginx answers', async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}
