import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const CALL = { serverName: 'echo', methodName: 'received', args: {} };
const valueOf = (number: number): string => `value ${number}`;
/** Returns what the echo server reports for arguments that hold this secret only. */
const digestOf = (value: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ TOKEN: value }))
    .digest('hex');

describe('A backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-backup-'));
  let gateway: GatewayProcess;

  afterAll(async () => {
    await gateway?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it(cites('operation.backup', 'that was made under load brings servers, secrets and keys back'), async () => {
    gateway = await GatewayProcess.start({ replicas: 1, env: { NODE_ENV: 'production' } });
    const token = await admin(gateway, 'create-key', '--name', 'me', '--roles', 'user,operator,service');
    const me = new RestClient(gateway.url, { token });
    const secretOf = (username: string) => ({ username, serverName: 'echo', secretName: 'TOKEN' });
    await me.register({ name: 'echo', ...echoServer() });
    let [written, isOver] = [0, false];
    const writing = (async () => {
      for (; !isOver; written += 1)
        await me.setSecret({ ...secretOf(`user-${written}`), secretValue: valueOf(written) });
    })();
    await eventually('there is something to keep', () => written > 20);

    const before = written;
    const file = join(folder, 'manifold.db');
    await admin(gateway, 'backup', '--to', file);
    await eventually('the gateway goes on', () => written > before + 20);
    isOver = true;
    await writing;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(admin(gateway, 'backup', '--to', file)).rejects.toThrow(/EEXIST/); // nothing is written over

    await gateway.kill9();
    rmSync(gateway.dataDir, { recursive: true });
    mkdirSync(gateway.dataDir, { mode: 0o700 });
    copyFileSync(file, join(gateway.dataDir, 'manifold.db'));
    await gateway.restart();

    const { body } = await me.servers();
    expect(body.servers.map(({ name }) => name)).toEqual(['echo']);
    for (const number of [0, before - 1]) {
      const answer = await me.callTool({ ...CALL, username: `user-${number}` });
      expect(textOf(answer.body.data)).toContain(digestOf(valueOf(number)));
    }
  });
});
