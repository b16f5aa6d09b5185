import { join } from 'node:path';
import { OtlpCollector, type ReceivedSpan } from '../simulators/otlp-collector.js';
import { callTool } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { readJournal } from '../support/journal.js';
import { startParagonGateway, type ParagonGateway } from '../support/paragon.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';
const HTTP_TRACE = '11111111111111111111111111111111';
const HTTP_SPAN = '2222222222222222';
const CANARY = 'canary-7f3d1c';

const parentOf = (traceId: string, spanId: string): string => `00-${traceId}-${spanId}-01`;
const META = { traceparent: parentOf(TRACE, CLIENT_SPAN), tracestate: 'vendor=1', 'example.com/kept': true };

describe('Traces', () => {
  let collector: OtlpCollector;
  let paragon: ParagonGateway;
  let upstream: HttpUpstream;
  let rest: RestClient;
  let wire: WireClient;
  let session: string;
  let spans: readonly ReceivedSpan[] = [];

  const call = async (id: number, name: string, meta: object, headers: Record<string, string> = {}) => {
    const message = callTool(id, name, { channel: 'C1', message: CANARY });
    const body = { ...message, params: { ...(message.params as object), _meta: meta } };
    return (await wire.post(body, { session, headers })).text();
  };
  const named = (name: string, kind: number) => {
    const found = spans.filter((span) => span.name === name && span.kind === kind);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  const ledger = () => join(paragon.gateway.dataDir, 'calls.jsonl');

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    upstream = await HttpUpstream.start();
    paragon = await startParagonGateway({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=of-the-collector',
      OTEL_SERVICE_NAME: 'gateway-under-test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    paragon.simulator.connect('default', 'slack');
    rest = new RestClient(paragon.gateway.url);
    wire = new WireClient(paragon.gateway.url);
    await rest.register({ name: 'echo', ...echoServer(`--ledger=${ledger()}`) });
    await rest.register({ name: 'remote', transportType: 'streamable_http', url: upstream.url });
    await rest.setSecret({ serverName: 'echo', secretName: 'TOKEN', secretValue: `${CANARY}-secret` });
    session = await wire.openSession();
    await call(1, 'echo_echo', META, { traceparent: parentOf(HTTP_TRACE, HTTP_SPAN) });
    await call(2, 'remote_echo', META);
    await call(3, 'SLACK_SEND_MESSAGE', META);
    await call(4, 'nobody_knows', META);
    await rest.request(
      'POST',
      `/mcp/tool/call?canary=${CANARY}`,
      { serverName: 'echo', methodName: 'echo', args: { message: CANARY } },
      { traceparent: parentOf(HTTP_TRACE, HTTP_SPAN) },
    );
    await paragon.gateway.restart(); // what was gathered is exported before the end
    spans = [...collector.spans];
  });

  afterAll(async () => {
    await paragon?.dispose();
    await upstream?.stop();
    await collector?.stop();
  });

  it(cites('traces.one', 'lead from the client through the gateway to a stdio server'), () => {
    const server = named('tools/call echo_echo', 2);
    expect(server).toMatchObject({ traceId: TRACE, parentSpanId: CLIENT_SPAN });
    expect(server.links).toEqual([expect.objectContaining({ traceId: HTTP_TRACE, spanId: HTTP_SPAN })]);
    expect(server.attributes).toMatchObject({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'echo_echo',
      'gen_ai.operation.name': 'execute_tool',
      'jsonrpc.request.id': '1',
    });
    const [client] = spans.filter((span) => span.parentSpanId === server.spanId);
    expect(client).toMatchObject({ traceId: TRACE, kind: 3, name: 'tools/call echo' });
    const [first] = readJournal(ledger()).filter(({ event }) => event === 'call');
    expect(first!.trace).toEqual({ traceparent: parentOf(TRACE, client!.spanId), tracestate: 'vendor=1' });
  });

  it(cites('traces.one', 'lead to a server over HTTP, by its headers too'), async () => {
    const server = named('tools/call remote_echo', 2);
    expect(server.parentSpanId).toBe(CLIENT_SPAN);
    const [client] = spans.filter((span) => span.parentSpanId === server.spanId);
    const { requests } = await upstream.state();
    const traced = requests.filter(({ headers }) => headers.traceparent !== undefined);
    expect(traced.map(({ headers }) => headers.traceparent)).toEqual([parentOf(TRACE, client!.spanId)]);
    expect(traced[0]!.headers.tracestate).toBe('vendor=1');
  });

  it(cites('traces.one', 'lead to the HTTP API of a provider'), () => {
    const server = named('tools/call SLACK_SEND_MESSAGE', 2);
    const [client] = spans.filter((span) => span.parentSpanId === server.spanId && span.name === 'POST');
    expect(client!.attributes).toMatchObject({ 'http.request.method': 'POST', 'http.response.status_code': 200 });
    const ran = paragon.simulator.requests.filter(({ headers }) => headers.traceparent !== undefined);
    expect(ran.map(({ headers }) => headers.traceparent)).toContain(parentOf(TRACE, client!.spanId));
  });

  it(cites('traces.one', 'begin with the headers of a REST request, and name its route'), () => {
    const server = named('POST /mcp/tool/call', 2);
    expect(server).toMatchObject({ traceId: HTTP_TRACE, parentSpanId: HTTP_SPAN });
    expect(server.attributes).toMatchObject({ 'http.route': '/mcp/tool/call', 'http.response.status_code': 200 });
    expect(spans.filter((span) => span.parentSpanId === server.spanId)).toEqual([
      expect.objectContaining({ traceId: HTTP_TRACE, kind: 3, name: 'tools/call echo' }),
    ]);
  });

  it('say that a request failed, and with what code', () => {
    const server = named('tools/call nobody_knows', 2);
    expect(server.status.code).toBe(2);
    expect(server.attributes['error.type']).toMatch(/^-32\d\d\d$/);
  });

  it('come from the service that the operator has named', () => {
    expect(collector.resources[0]).toMatchObject({
      'service.name': 'gateway-under-test',
      'deployment.environment.name': 'test',
    });
    expect(collector.text).toContain('"x-collector-key":"of-the-collector"');
  });

  it(cites('traces.secrets', 'hold no arguments, results, secrets or query strings'), () => {
    expect(collector.text).not.toContain(CANARY);
    expect(collector.text).not.toContain(session);
  });

  it(
    cites('traces.collector-down', 'disturb nothing when the collector is gone, nor the end of the gateway'),
    async () => {
      await collector.stop();
      session = await wire.openSession();
      expect(await call(1, 'echo_echo', META)).toContain(CANARY);
      await paragon.gateway.stop();
      expect(paragon.gateway.logs()).toContain('traces cannot be exported');
      expect(paragon.gateway.logs()).not.toContain('of-the-collector');
    },
  );
});
