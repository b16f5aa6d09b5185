import { isDeepStrictEqual } from 'node:util';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { callTool } from '../../libs/transport/testing/src/mcp-wire.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { parseExposition, valueOf, type Family } from '../support/exposition.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal } from '../support/journal.js';
import { isDone, itOnOne } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const ROOT = join(import.meta.dirname, '../..');
const CANARY = 'canary-1b6e9a';
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Entry {
  readonly time: string;
  readonly action: string;
  readonly outcome: string;
  readonly decision: string;
  readonly principal?: object;
  readonly actor?: object;
  readonly server?: string;
  readonly tool?: string;
  readonly resource?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly argumentsHash?: string;
  readonly requestId?: string;
}

describe('A gateway under observation', () => {
  let gateway: GatewayProcess;
  let root: RestClient;
  let token: string;
  let user: WireClient;
  let session: string;

  const ledger = (): string => join(gateway.dataDir, 'calls.jsonl');
  const call = async (id: number, name: string, args: object, headers: Record<string, string> = {}) =>
    (await user.post(callTool(id, name, args), { session, headers })).text();
  const metrics = async () => parseExposition(await root.text('/metrics'));
  const audit = async (query = ''): Promise<Entry[]> => {
    const { status, body } = await root.request<{ entries: Entry[] }>('GET', `/audit?${query}`);
    expect(status).toBe(200);
    return body.entries;
  };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production' } });
    root = new RestClient(gateway.url, { token: await createApiKey(gateway, 'root', 'admin,operator,service') });
    token = await createApiKey(gateway, 'agent');
    user = new WireClient(gateway.url, { token });
    await root.register({ name: 'echo', ...echoServer(`--ledger=${ledger()}`), env: { PASSWORD: `${CANARY}-env` } });
    await root.setSecret({
      username: 'agent',
      serverName: 'echo',
      secretName: 'TOKEN',
      secretValue: `${CANARY}-value`,
    });
    session = await user.openSession();
    for (let id = 1; id <= 3; id += 1) await call(id, 'echo_echo', { message: CANARY });
    await call(
      4,
      'echo_echo',
      { message: 'other' },
      { traceparent: TRACEPARENT, 'x-request-id': 'request-of-the-test' },
    );
    await call(5, 'echo_nothing', {});
    await root.callTool({ username: 'agent', serverName: 'echo', methodName: 'echo', args: { message: CANARY } });
    const forbidden = new RestClient(gateway.url, { token });
    await forbidden.register({ name: 'mine', ...echoServer() });
    for (let time = 0; time < 25; time += 1) await new RestClient(gateway.url).servers();
    await new RestClient(gateway.url, { token: `${token}x` }).servers();
  });

  afterAll(() => gateway.dispose());

  itOnOne(cites('metrics.values', 'counts what has happened'), async () => {
    const families = await metrics();
    const of = (name: string, labels?: Record<string, string>) => valueOf(families, name, labels);
    expect(of('manifold_tool_calls_total', { app: 'echo', outcome: 'ok' })).toBe(5);
    expect(of('manifold_tool_call_seconds_count', { provider: 'mcp-servers' })).toBe(5);
    expect(of('manifold_sessions')).toBe(1);
    expect(of('manifold_calls_in_flight')).toBe(0);
    expect(of('manifold_children', { state: 'running' })).toBe(1);
    expect(of('manifold_http_requests_total', { route: '/mcp', method: 'POST', status: '200' })).toBe(6);
    expect(of('manifold_auth_refusals_total', { reason: 'no_credential' })).toBe(25);
    expect(of('manifold_auth_refusals_total', { reason: 'bad_credential' })).toBe(1);
    expect(of('manifold_auth_refusals_total', { reason: 'forbidden' })).toBe(1);
    expect(of('manifold_cache_requests_total', { cache: 'api_keys', result: 'hit' })).toBeGreaterThan(0);
    expect(of('manifold_cache_requests_total', { cache: 'catalogue', result: 'hit' })).toBeGreaterThan(0);
    expect(of('manifold_store_operation_seconds_count', { database: 'sqlite', outcome: 'ok' })).toBeGreaterThan(0);
    expect(of('manifold_audit_dropped_total')).toBe(0);
  });

  it(cites('metrics.values', 'names no user, tool, tenant or URL in its metrics'), async () => {
    const text = await root.text('/metrics');
    expect(text).not.toMatch(/agent|root"|echo_echo|default|https?:/);
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${gateway.url}/metrics`, { headers: { 'x-api-key': token } })).status).toBe(403);
  });

  it(cites('metrics.dashboard', 'has every metric that the dashboard and the alerts ask for'), async () => {
    const families = await metrics();
    const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
    const dashboard = JSON.parse(read('deploy/grafana/manifold.json')) as {
      panels: { targets?: { expr: string }[] }[];
      templating: { list: { query: unknown }[] };
    };
    const alerts = parse(read('deploy/prometheus/alerts.yaml')) as {
      groups: { rules: { alert: string; expr: string; labels: { severity: string } }[] }[];
    };
    const rules = alerts.groups.flatMap((group) => group.rules);
    const expressions = [
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...dashboard.templating.list.map(({ query }) => JSON.stringify(query)),
      ...rules.map(({ expr }) => expr),
    ];
    expect(rules.every(({ alert, labels }) => /^Manifold\w+$/.test(alert) && labels.severity !== '')).toBe(true);
    const wanted = new Set(expressions.flatMap((text) => text.match(/\b(manifold|nodejs|process)_[a-z0-9_]+/g) ?? []));
    expect(wanted.size).toBeGreaterThan(20);
    expect([...wanted].filter((name) => !isShown(families, name))).toEqual([]);
    const named = new Set(
      expressions.flatMap((text) => [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map((m) => m[1]!)),
    );
    const labels = new Set(
      [...families.values()].flatMap(({ samples }) => samples.flatMap((s) => Object.keys(s.labels))),
    );
    const ofPrometheus = ['job', 'instance'];
    expect([...named].filter((label) => !labels.has(label) && !ofPrometheus.includes(label))).toEqual([]);
  });

  it(cites('traces.pass', 'passes the trace of a request on, though it makes none itself'), () => {
    const calls = readJournal(ledger()).filter(({ event }) => event === 'call');
    expect(calls.map(({ trace }) => trace?.traceparent)).toEqual([
      undefined,
      undefined,
      undefined,
      TRACEPARENT,
      undefined,
    ]);
  });

  it(cites('audit.calls', 'writes down each call: who, what, with what outcome'), async () => {
    await isDone('all replicas have written', async () => (await audit('action=tools/call')).length === 6);
    const calls = await audit('action=tools/call');
    expect(calls.map(({ outcome, tool }) => `${tool} ${outcome}`)).toEqual([
      'echo ok',
      'echo_nothing refused',
      'echo ok',
      'echo ok',
      'echo ok',
      'echo ok',
    ]);
    const [byService, unknown, other, ...same] = calls;
    const agent = { tenant: 'default', issuer: 'manifold', subject: 'agent' };
    expect(byService).toMatchObject({ principal: agent, actor: { ...agent, subject: 'root' } });
    expect(unknown).toMatchObject({
      decision: 'denied',
      code: 'unknown_tool',
      reason: expect.stringMatching(/^unknown_tool: .*echo_nothing/),
      principal: agent,
    });
    expect(other).toMatchObject({
      tenant: 'default',
      authMethod: 'api-key',
      server: 'echo',
      decision: 'allowed',
      source: '127.0.0.1',
      requestId: 'request-of-the-test',
      ms: expect.any(Number),
      replica: expect.any(String),
    });
    expect(new Set([...same, byService].map((entry) => entry!.argumentsHash)).size).toBe(1);
    expect(other!.argumentsHash).not.toBe(same[0]!.argumentsHash);
    expect((await audit('requestId=request-of-the-test')).map(({ tool }) => tool)).toEqual(['echo']);
  });

  itOnOne(cites('audit.changes', 'writes down changes by REST and whom it refused'), async () => {
    const families = await metrics();
    const entries = await audit('limit=1000');
    const of = (action: string) => entries.filter((entry) => entry.action === action);
    expect(of('POST /mcp/servers').map(({ outcome, resource }) => [outcome, resource])).toEqual([
      ['refused', undefined],
      ['ok', 'name=echo'],
    ]);
    expect(of('POST /secrets/set')).toEqual([
      expect.objectContaining({ resource: 'serverName=echo secretName=TOKEN username=agent', server: 'echo' }),
    ]);
    const refused = ['no_credential', 'bad_credential'].map((reason) =>
      valueOf(families, 'manifold_auth_refusals_total', { reason }),
    );
    expect(of('authenticate').reduce((sum, { count = 1 }) => sum + count, 0)).toBe(refused[0]! + refused[1]!);
    expect(of('authenticate').length).toBeLessThanOrEqual(4);
  });

  it(cites('audit.secrets', 'writes down no argument, no secret and no setting of a server'), async () => {
    expect(await root.text('/audit/export')).not.toContain('canary');
  });

  it(cites('audit.export', 'exports as JSON lines what it shows page by page'), async () => {
    const to = `to=${new Date().toISOString()}`;
    const readPages = async (): Promise<Entry[]> => {
      const read: Entry[] = [];
      let cursor: string | undefined;
      do {
        const path = `/audit?limit=2&${to}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
        const { body } = await root.request<{ entries: Entry[]; nextCursor?: string }>('GET', path);
        read.push(...body.entries);
        cursor = body.nextCursor;
      } while (cursor !== undefined);
      return read;
    };
    const readExport = async (): Promise<Entry[]> =>
      (await root.text(`/audit/export?${to}`))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Entry);
    // A replica writes its last entries a little later.
    const paged = await eventually('both show the same', async () => {
      const [pages, exported] = [await readPages(), await readExport()];
      return isDeepStrictEqual(pages, exported) && pages;
    });
    expect(paged.length).toBeGreaterThan(8);
    expect(paged.map(({ time }) => time)).toEqual(
      paged
        .map(({ time }) => time)
        .sort()
        .reverse(),
    );
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=1&limit=2',
    'outcome=other',
    'from=yesterday',
    'principal[$gt]=',
    'principal=a&principal=b',
    'tenant=other',
    'action=',
    'cursor=1',
    'cursor=%00',
    '$where=1',
  ])(cites('audit.bad-input', 'answers 400 to ?%s'), async (query) => {
    expect(await root.request('GET', `/audit?${query}`)).toMatchObject({ status: 400 });
  });

  it(cites('audit.roles', 'shows the log to administrators only'), async () => {
    const as = (client: RestClient) =>
      Promise.all(['/audit', '/audit/export'].map((path) => client.request('GET', path)));
    expect((await as(new RestClient(gateway.url, { token }))).map(({ status }) => status)).toEqual([403, 403]);
    expect((await as(new RestClient(gateway.url))).map(({ status }) => status)).toEqual([401, 401]);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await root.request(method, '/audit')).status).toBe(404);
    }
  });

  it(cites('audit.restart', 'has written everything when it stops, the calls of its last moment too'), async () => {
    const slow = call(6, 'echo_slow', { ms: 400 });
    const before = readJournal(ledger()).length;
    await eventually('the call is at the server', () => readJournal(ledger()).length > before);
    await gateway.restart();
    expect(await slow).toContain('result');
    expect((await audit('tool=slow')).map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(await audit('requestId=request-of-the-test')).toHaveLength(1);
  });
});

/** A family, or one of the series of a histogram. */
const isShown = (families: ReadonlyMap<string, Family>, name: string): boolean =>
  families.has(name) || families.has(name.replace(/_(bucket|count|sum)$/, ''));
