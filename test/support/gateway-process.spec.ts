import { mkdtempSync, writeFileSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from './gateway-process.js';
import { isAlive, processesNaming } from './process-tree.js';

/** A stand-in that behaves as told: the gateway itself is the business of the e2e tests. */
const SERVER = `
  import { spawn } from 'node:child_process';
  import { createServer } from 'node:http';
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', process.env.DATA_DIR]);
  process.on('SIGTERM', () => { console.log('bye'); process.exit(Number(process.env.EXIT_CODE ?? 0)); });
  createServer((request, response) => response.end(process.env.DATA_DIR)).listen(process.env.PORT, '127.0.0.1');
  console.log(JSON.stringify({ pid: process.pid, environment: process.env.NODE_ENV, key: process.env.SECRETS_KEY }));
`;

let folder: string;
let gateway: GatewayProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-process-'));
});

afterEach(async () => {
  await gateway?.dispose();
  gateway = undefined;
  rmSync(folder, { recursive: true });
});

function program(source: string): string {
  const path = join(folder, 'main.mjs');
  writeFileSync(path, source);
  return path;
}

describe('GatewayProcess', () => {
  it('starts the program on a port and a data folder of its own, and removes both at the end', async () => {
    gateway = await GatewayProcess.start({ program: program(SERVER) });
    const { dataDir, pid } = gateway;
    const children = gateway.children();

    expect(await (await fetch(gateway.url)).text()).toBe(dataDir);
    expect(children).toHaveLength(1);
    await gateway.dispose();
    expect(existsSync(dataDir)).toBe(false);
    expect([pid, ...children].filter(isAlive)).toEqual([]);
  });

  it('keeps port, data and key over a stop, a kill -9 and a restart', async () => {
    gateway = await GatewayProcess.start({ program: program(SERVER), env: { NODE_ENV: 'production' } });
    const { url, dataDir } = gateway;
    await gateway.kill9();
    await gateway.restart();
    await gateway.restart();

    expect(gateway.url).toBe(url);
    expect(await (await fetch(url)).text()).toBe(dataDir);
    const starts = gateway
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(starts).toHaveLength(3);
    expect(new Set(starts.map((start) => start.pid)).size).toBe(3);
    expect(new Set(starts.map((start) => start.key)).size).toBe(1);
    expect(gateway.logs().match(/bye/g)).toHaveLength(1);
    await gateway.dispose();
    expect(processesNaming(dataDir)).toEqual([]); // those of earlier starts too
  });

  it('complains when a stop ends with another exit code than 0', async () => {
    gateway = await GatewayProcess.start({ program: program(SERVER), env: { EXIT_CODE: '3' } });

    await expect(gateway.stop()).rejects.toThrow('ended with 3');
  });

  it('shows what a program said that ended in its start', async () => {
    const broken = program(`console.error('PORT is not good'); process.exit(1);`);

    await expect(GatewayProcess.start({ program: broken })).rejects.toThrow('PORT is not good');
  });
});
