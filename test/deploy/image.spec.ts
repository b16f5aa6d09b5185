import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CERTIFICATES, PROXIES } from '../../libs/config/src/environment.js';
import { GROUPS, VARIABLES } from '../../libs/config/src/settings.js';
import { cites } from '../support/cite.js';
import { ROOT } from './helm.js';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of each stage. */
function stagesOf(dockerfile: string): Instruction[][] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  const instructions = lines.flatMap((line) => {
    const [, name, text] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, text: text! }];
  });
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** Whether `.dockerignore` leaves a file out: the last rule that fits it or a folder above it counts. */
function isIgnored(path: string): boolean {
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const parts = path.split('/');
  const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return rules.reduce((ignored, rule) => {
    const pattern = rule.replace(/^!/, '').replace(/[.+^${}()|[\]\\]/g, '\\$&');
    const expression = pattern
      .replace(/\*\*\//g, '\u0000')
      .replace(/\*/g, '[^/]*')
      .replace(/\0/g, '(?:.*/)?');
    const fits = prefixes.some((prefix) => new RegExp(`^${expression}$`).test(prefix));
    return fits ? !rule.startsWith('!') : ignored;
  }, false);
}

describe('The image', () => {
  const stages = stagesOf(read('deploy/Dockerfile'));
  const last = stages.at(-1)!;
  const of = (name: string, stage = last): string[] =>
    stage.flatMap((instruction) => (instruction.name === name ? [instruction.text] : []));

  it('is built in stages on Node 24 and Python 3.13, without what only the build needs', () => {
    expect(stages.map((stage) => of('FROM', stage)[0])).toEqual([
      'node:24-bookworm-slim AS node',
      'node AS build',
      'python:3.13-slim-bookworm',
    ]);
    expect(of('RUN', stages[1])).toContain('npm ci --ignore-scripts');
    expect(of('RUN', stages[1])!.at(-1)).toContain('npm prune --omit=dev');
    expect(of('COPY').filter((text) => text.includes('--from=build'))).toEqual([
      '--from=build /app/node_modules node_modules',
      '--from=build /app/dist dist',
    ]);
  });

  it('runs as the user of the chart, who has no name of root and no way back to it', () => {
    expect(of('USER')).toEqual(['10001:10001']);
    expect(last.findLastIndex(({ name }) => name === 'RUN')).toBeLessThan(
      last.findIndex(({ name }) => name === 'USER'),
    );
    expect(read('deploy/helm/manifold/templates/_pod.tpl')).toContain('runAsUser: 10001');
  });

  it('starts the gateway below an init, asks it whether it lives, and says what it is', () => {
    expect(JSON.parse(of('ENTRYPOINT')[0]!)).toEqual(['tini', '--']);
    expect(of('RUN').join()).toContain('--no-install-recommends tini bubblewrap');
    const [program, file] = JSON.parse(of('CMD')[0]!) as [string, string];
    expect(program).toBe('node');
    expect(existsSync(join(ROOT, file.replace('dist/', '').replace(/js$/, 'ts')))).toBe(true);
    expect(of('HEALTHCHECK')[0]).toContain('/livez');
    for (const label of ['title', 'description', 'licenses', 'version', 'revision']) {
      expect(of('LABEL')[0]).toContain(`org.opencontainers.image.${label}=`);
    }
    expect(of('ARG')).toContain(`VERSION=${(JSON.parse(read('package.json')) as { version: string }).version}`);
  });

  it('is given no secrets, and settings that the gateway knows', () => {
    const names = stages
      .flatMap((stage) => [...of('ENV', stage), ...of('ARG', stage)])
      .flatMap((text) => text.split(/\s+/).map((pair) => pair.split('=')[0]!));
    expect(names.sort()).toEqual(['DATA_DIR', 'HOME', 'NODE_ENV', 'REVISION', 'UV_VERSION', 'VERSION']);
  });

  it('copies files that are there and that .dockerignore leaves in', () => {
    const sources = stages
      .flatMap((stage) => of('COPY', stage))
      .flatMap((text) => (text.startsWith('--from=') ? [] : text.split(/\s+/).slice(0, -1)));
    expect(sources.length).toBeGreaterThan(8);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)) || isIgnored(source))).toEqual([]);
  });

  it('is built from the sources alone: no tests, no history, no secrets, no state', () => {
    const files = ['apps', 'libs'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
    );
    const sources = files.filter((file) => /\.ts$/.test(file) && !/\.spec\.ts$|\/testing\//.test(file));
    expect(sources.filter(isIgnored)).toEqual([]);
    expect(sources.length).toBeGreaterThan(400);
    for (const file of [
      '.git/config',
      '.env',
      'node_modules/x/index.js',
      'data/manifold.db',
      'test/e2e/a.spec.ts',
      'libs/a/src/b.spec.ts',
    ]) {
      expect([file, isIgnored(file)]).toEqual([file, true]);
    }
  });
});

interface Service {
  readonly image: string;
  readonly environment?: Record<string, string>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: object;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly [setting: string]: unknown;
}

describe('docker-compose.yml', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
  const gateways = Object.entries(services).filter(([, { image }]) => image === 'manifold');

  it(cites('deploy.compose', 'starts two replicas with MongoDB and Redis, as closed as they can be'), () => {
    expect(gateways.map(([name]) => name)).toEqual(['gateway-1', 'gateway-2']);
    for (const [, gateway] of gateways) {
      expect(gateway).toMatchObject({
        build: { dockerfile: 'deploy/Dockerfile' },
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        depends_on: { mongo: { condition: 'service_healthy' }, redis: { condition: 'service_healthy' } },
      });
      expect(gateway.ports).toBeUndefined();
    }
    expect(services.mongo!.command).toContain('--replSet');
    expect(services.mongo!.healthcheck).toBeDefined();
    expect(services.redis!.healthcheck).toBeDefined();
  });

  it('gives them settings that the gateway knows, and secrets from outside only', () => {
    const known = new Set([...VARIABLES.keys(), ...PROXIES, ...CERTIFICATES]);
    for (const [, { environment }] of gateways) {
      expect(Object.keys(environment!).filter((name) => !known.has(name))).toEqual([]);
      expect(environment).toMatchObject({
        NODE_ENV: 'production',
        SECRETS_KEY: expect.stringMatching(/^\$\{SECRETS_KEY:\?/),
      });
      expect(environment!.MONGO_URL).toMatch(/^mongodb:\/\/mongo:27017\/\?replicaSet=rs0$/);
      expect(environment!.REDIS_URL).toBe('redis://redis:6379');
    }
  });

  it('passes on every setting of the backends, and their accounts', () => {
    const titles = ['OAuth', 'Paragon', 'Integration.app'];
    const groups = GROUPS.filter(({ title }) => titles.includes(title));
    const wanted = groups.flatMap(({ settings }) => Object.keys(settings));
    expect(wanted).toContain('PROJECT_ID');
    for (const [, { environment }] of gateways) {
      for (const name of wanted) expect([name, environment![name]]).toEqual([name, `\${${name}:-}`]);
    }
  });

  it('passes on registries with their token, the proxy of the network and further certificates', () => {
    const registries = ['NPM_REGISTRY', 'NPM_TOKEN', 'NPM_TOKEN_FILE', 'PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL'];
    const wanted = [...registries, 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'];
    for (const [, { environment }] of gateways) {
      for (const name of wanted) expect([name, environment![name]]).toEqual([name, `\${${name}:-}`]);
    }
  });

  it('has one way in: the proxy, on this machine alone', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['proxy', ['127.0.0.1:3001:3001']]]);
    expect(services.proxy!.volumes).toEqual(['./deploy/compose/nginx.conf:/etc/nginx/conf.d/default.conf:ro']);
    const upstream = /upstream gateway \{([^}]*)\}/.exec(read('deploy/compose/nginx.conf'))![1]!;
    const replicas = [...upstream.matchAll(/server ([\w-]+):3001;/g)].map((match) => match[1]);
    expect(replicas).toEqual(gateways.map(([name]) => name));
    expect(upstream).not.toMatch(/ip_hash|hash |sticky|least_conn/);
    expect(Object.keys(services.proxy!.depends_on!)).toEqual(replicas);
  });
});
