import { isObject } from '@manifold/async';
import { ProviderError, type RawObject } from '@manifold/tool-provider';
import { withProgressToken, type PendingRequest } from './pending-request.js';
import type { RpcAnswer, RpcId } from '../protocol/transport.js';

const METHOD_NOT_FOUND = -32601;
const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
/**
 * Maximum number of open server requests per call. It bounds the memory that a server can use with endless requests. No
 * client can show more of them to its user.
 */
const MAX_OPEN_REQUESTS = 16;

/** The methods that need a client capability, with that capability. Other methods (extensions) are left to the client. */
const DECLARED_BY: ReadonlyMap<string, string> = new Map([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
]);

/**
 * Handles the requests that a server sends. `ping` is answered here. Every other request is passed to the client of the
 * call that caused it. If no call caused it, it is refused. Each request is answered exactly once, at the latest when its
 * call ends, unless the server cancels it.
 */
export class ServerRequests {
  private readonly open = new Map<RpcId, PendingRequest>();
  private count = 0;

  constructor(private readonly post: (answer: RpcAnswer) => void) {}

  received(id: RpcId, method: string, params: unknown, owner: PendingRequest | undefined): void {
    if (method === 'ping') return this.post({ jsonrpc: '2.0', id, result: {} });
    const client = owner?.client;
    if (!owner || !client)
      return this.refuse(id, METHOD_NOT_FOUND, 'No running call has a client that accepts requests');
    if (params !== undefined && !isObject(params)) return this.refuse(id, INVALID_PARAMS, 'params must be an object');
    const capability = DECLARED_BY.get(method);
    if (capability !== undefined && client.capabilities[capability] === undefined) {
      return this.refuse(id, METHOD_NOT_FOUND, `The client does not support ${capability}`);
    }
    if (this.open.has(id)) return this.refuse(id, INVALID_REQUEST, 'A request with this id is open');
    if (this.countOf(owner) >= MAX_OPEN_REQUESTS) {
      return this.refuse(id, INTERNAL_ERROR, `More than ${MAX_OPEN_REQUESTS} server requests are open in this call`);
    }
    this.open.set(id, owner);
    void this.relay(id, method, params, owner);
  }

  /** Handles a cancellation by the server: the request is not answered. */
  cancelled(id: unknown): void {
    if (typeof id === 'string' || typeof id === 'number') this.open.delete(id);
  }

  /** Refuses the open requests of a call that has ended. */
  ended(owner: PendingRequest): void {
    if (this.open.size === 0) return;
    for (const [id, its] of [...this.open]) {
      if (its !== owner) continue;
      this.open.delete(id);
      this.refuse(id, INTERNAL_ERROR, 'The call that this request belongs to has ended');
    }
  }

  /** Drops all open requests, because the connection to the server has ended. */
  close(): void {
    this.open.clear();
  }

  private async relay(id: RpcId, method: string, params: RawObject | undefined, owner: PendingRequest): Promise<void> {
    // Names identify several requests to a client. Here each server request is passed on alone.
    const name = `question-${++this.count}`;
    const request = params === undefined ? { method } : { method, params: withProgressToken(params, undefined) };
    try {
      const { [name]: result } = await owner.client!.request({ [name]: request });
      if (!isObject(result)) throw new ProviderError('upstream_rejected', 'The client did not answer');
      if (this.isOpen(id, owner)) this.post({ jsonrpc: '2.0', id, result });
    } catch (error) {
      if (this.isOpen(id, owner)) this.post({ jsonrpc: '2.0', id, error: answerOf(error) });
    }
  }

  /** Returns whether the request is still open, and closes it, so that it is answered only once. */
  private isOpen(id: RpcId, owner: PendingRequest): boolean {
    return this.open.get(id) === owner && this.open.delete(id);
  }

  private countOf(owner: PendingRequest): number {
    return [...this.open.values()].filter((its) => its === owner).length;
  }

  private refuse(id: RpcId, code: number, message: string): void {
    this.post({ jsonrpc: '2.0', id, error: { code, message } });
  }
}

/** Returns the client's own error unchanged if there is one, otherwise an error of the gateway. */
function answerOf(error: unknown): NonNullable<RpcAnswer['error']> {
  if (!(error instanceof ProviderError))
    return { code: INTERNAL_ERROR, message: 'The request could not be sent to the client' };
  return error.rpcError ?? { code: INTERNAL_ERROR, message: error.message };
}
