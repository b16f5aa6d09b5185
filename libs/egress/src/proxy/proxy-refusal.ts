import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { processCounter } from '@manifold/metrics';
import { EgressError } from '../egress-error.js';

const outcomes = processCounter(
  'manifold_egress_proxy_requests_total',
  'Requests of installs and hosted servers to the egress proxy, by what became of them',
  'outcome',
);

/** Counts a request that reached its target. */
export const countForwarded = (): void => outcomes.of('forwarded').add();

const STATUSES = {
  malformed: 400,
  domain_forbidden: 403,
  address_forbidden: 403,
  not_authenticated: 407,
  too_many_connections: 503,
  connect_failed: 502,
  timeout: 504,
} as const;

type RefusalReason = keyof typeof STATUSES;

/** Error: the proxy does not do what a program asks for. The message is a sentence for the program and its operator. */
export class ProxyRefusal extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ProxyRefusal';
  }

  /** Whether a rule forbids the target. The operator may change the rule. */
  get isForbidden(): boolean {
    return STATUSES[this.reason] === 403;
  }
}

/** Returns the refusal for an error of the connection to a target. */
export function refusalFor(error: unknown, authority: string): ProxyRefusal {
  if (error instanceof ProxyRefusal) return error;
  const cause = error instanceof EgressError ? error : undefined;
  if (cause?.cause instanceof ProxyRefusal) return cause.cause;
  if (cause?.code === 'address_forbidden') {
    const words = `The address of ${authority} is not public, and EGRESS_ALLOW of the gateway does not name it`;
    return new ProxyRefusal('address_forbidden', words, { cause });
  }
  if (cause?.code === 'timeout') return new ProxyRefusal('timeout', cause.message, { cause });
  return new ProxyRefusal('connect_failed', cause?.message ?? `The connection to ${authority} broke`, { cause: error });
}

const FIELDS: Partial<Record<RefusalReason, Record<string, string>>> = {
  not_authenticated: { 'proxy-authenticate': 'Basic realm="egress proxy of the gateway"' },
};

/** The sentence is the reason phrase as well: pip and others show nothing else of the answer. */
const phraseOf = (message: string, status: number): string =>
  /^[\x20-\x7e]{1,400}$/.test(message) ? message : (STATUS_CODES[status] ?? '');

/** Answers a request with a refusal, and ends the connection. */
export function answerRefusal(response: ServerResponse, refusal: ProxyRefusal): void {
  const { reason, message } = refusal;
  const status = STATUSES[reason];
  outcomes.of(reason).add();
  if (response.headersSent) return void response.destroy();
  const fields = { ...FIELDS[reason], 'content-type': 'text/plain; charset=utf-8', connection: 'close' };
  response.writeHead(status, phraseOf(message, status), fields).end(`${message}\n`);
}

/** Answers a CONNECT request with a refusal, and ends the connection. */
export function refuseTunnel(socket: Socket, refusal: ProxyRefusal): void {
  const { reason, message } = refusal;
  const status = STATUSES[reason];
  outcomes.of(reason).add();
  const body = `${message}\n`;
  const fields = {
    ...FIELDS[reason],
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${phraseOf(message, status)}\r\n${head.join('')}\r\n${body}`);
  socket.destroySoon();
}
