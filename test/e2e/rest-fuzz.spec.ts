import { Agent, request } from 'node:http';
import { ApiAnswers, type ApiAnswer } from '../support/api-fuzz/api-answers.js';
import { operationsOf, type ApiDocument, type Operation } from '../support/api-fuzz/api-document.js';
import { inputsOf, type ApiInput, type Known } from '../support/api-fuzz/api-inputs.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import fc, { FUZZ_SEED } from '../support/fuzz.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

/** In all, spread over the operations. FUZZ_REQUESTS=100000 for a long run. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1500);
const PARALLEL = 8;

/** Nothing listens there. */
const CLOSED = 'http://127.0.0.1:9';
/** Node says it for some methods only. */
const lengthOf = (body: string | undefined): object =>
  body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };

/** Characters that a part of a path may have where it is a parameter. */
const LONGEST_PART = 256;

/** Any other path belongs to no operation. */
function isRoutable(target: string): boolean {
  try {
    const path = decodeURIComponent(target.split('?')[0]!);
    return path.split('/').every((part) => part.length <= LONGEST_PART);
  } catch {
    return false;
  }
}

const unroutableFault = ({ status, type }: ApiAnswer): string | undefined =>
  status === 400 && /^application\/(problem\+)?json/.test(type) ? undefined : `is answered ${status} ${type}`;

const KNOWN: Known = {
  name: ['echo', 'nobody'],
  serverName: ['echo', 'nobody'],
  server: ['echo'],
  username: ['alice', 'fuzzer'],
  methodName: ['echo', 'received', 'no-such-tool'],
  secretName: ['TOKEN'],
  command: ['no-such-command'],
  url: [CLOSED, 'https://no-such-host.invalid/mcp', 'file:///etc/passwd'],
  indexUrl: [CLOSED],
  extraIndexUrl: [CLOSED],
  id: ['0190163d-8694-739b-aea5-966c26f8ad91'],
  runtime: ['node', 'python'],
  transportType: ['stdio', 'streamable_http'],
};

describe('REST under inputs made from the API document', () => {
  let gateway: GatewayProcess;
  let token: string;
  let document: ApiDocument;
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      env: {
        NODE_ENV: 'production',
        PUBLIC_DETAILS: 'true',
        NPM_REGISTRY: CLOSED,
        PIP_INDEX_URL: CLOSED,
        TOOL_CALL_TIMEOUT_MS: '2000',
        INSTALL_TIMEOUT_MS: '5000',
        SERVER_START_TIMEOUT_MS: '5000',
      },
    });
    token = await createApiKey(gateway, 'fuzzer', 'user,operator,admin,service');
    document = (await (await fetch(`${gateway.url}/docs-json`)).json()) as ApiDocument;
  });

  afterAll(async () => {
    agent.destroy();
    await gateway.dispose();
  });

  /** As it is: `fetch` would tidy the path up. A stream is left as soon as it has begun. */
  function send(method: string, { target, headers, body }: ApiInput): Promise<ApiAnswer> {
    const { port } = new URL(gateway.url);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent,
          port,
          host: '127.0.0.1',
          method,
          path: target,
          headers: { ...headers, ...lengthOf(body), authorization: `Bearer ${token}` },
        },
        (response) => {
          const answer = { status: response.statusCode!, type: response.headers['content-type'] ?? '' };
          if (answer.type.startsWith('text/event-stream')) {
            response.on('error', () => undefined).destroy();
            return resolve(answer);
          }
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('error', reject).on('end', () => resolve({ ...answer, body: text }));
        },
      );
      sent.on('error', reject).end(body);
    });
  }

  /** A server that works, whatever the inputs before have made of it. */
  async function refresh(): Promise<void> {
    const rest = new RestClient(gateway.url, { token });
    await rest.remove('echo');
    const { status } = await rest.register({ name: 'echo', ...echoServer() });
    if (status !== 200) throw new Error(`The server cannot be registered again: ${status}`);
    await rest.setSecret({ username: 'alice', serverName: 'echo', secretName: 'TOKEN', secretValue: 'a value' });
  }

  async function exercise(operation: Operation, count: number, answers: ApiAnswers): Promise<string[]> {
    const inputs = fc.sample(inputsOf(document, operation, KNOWN), { seed: FUZZ_SEED, numRuns: count });
    const faults: string[] = [];
    const worker = async (): Promise<void> => {
      for (let input = inputs.pop(); input; input = inputs.pop()) {
        const fault = await send(operation.method, input).then(
          (answer) => (isRoutable(input.target) ? answers.faultOf(operation, answer) : unroutableFault(answer)),
          (error: Error) => `is not answered: ${error.message}`,
        );
        if (fault) faults.push(`${operation.method} ${operation.path} ${JSON.stringify(input).slice(0, 300)} ${fault}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return faults;
  }

  it(
    cites('operation.openapi-fuzz', `answers each as the document says, and lives (FUZZ_SEED=${FUZZ_SEED})`),
    async () => {
      const operations = operationsOf(document);
      const answers = new ApiAnswers(document);
      const pid = gateway.pid;
      const faults: string[] = [];
      await refresh();
      for (const operation of operations) {
        faults.push(...(await exercise(operation, Math.ceil(REQUESTS / operations.length), answers)));
        if (operation.method !== 'GET' && operation.path.includes('/servers')) await refresh();
      }
      expect(faults).toEqual([]);
      expect(gateway.pid).toBe(pid);
      expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
      expect(gateway.logs()).not.toContain('unhandled promise rejection');
    },
    Math.max(300_000, REQUESTS * 100),
  );
});
