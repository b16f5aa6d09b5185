import { ProviderError, type RawObject } from '@manifold/tool-provider';
import type { PendingRequest } from './pending-request.js';
import type { RpcAnswer, RpcId } from './pipe.js';
import { isObject, withProgressToken } from './rpc-values.js';

const METHOD_NOT_FOUND = -32601;
const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
/** Of one call at a time: no client shows more, and a server that asks for ever costs no more memory than this. */
const MAX_OPEN_QUESTIONS = 16;

/** The methods that a client declares. Others (extensions) are its own business. */
const DECLARED_BY: ReadonlyMap<string, string> = new Map([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
]);

/**
 * The requests that a server sends. `ping` is answered here; everything else goes to the client behind the call that caused it, and
 * to nobody where no call did. Each is answered exactly once, at the latest when its call ends, unless the server takes it back.
 */
export class ServerQuestions {
  private readonly open = new Map<RpcId, PendingRequest>();
  private asks = 0;

  constructor(private readonly post: (answer: RpcAnswer) => void) {}

  asked(id: RpcId, method: string, params: unknown, owner: PendingRequest | undefined): void {
    if (method === 'ping') return this.post({ jsonrpc: '2.0', id, result: {} });
    const client = owner?.client;
    if (!owner || !client)
      return this.refuse(id, METHOD_NOT_FOUND, 'No call is under way in which a client can be asked');
    if (params !== undefined && !isObject(params)) return this.refuse(id, INVALID_PARAMS, 'params must be an object');
    const capability = DECLARED_BY.get(method);
    if (capability !== undefined && client.capabilities[capability] === undefined) {
      return this.refuse(id, METHOD_NOT_FOUND, `The client does not support ${capability}`);
    }
    if (this.open.has(id)) return this.refuse(id, INVALID_REQUEST, 'A request with this id is open');
    if (this.countOf(owner) >= MAX_OPEN_QUESTIONS) {
      return this.refuse(id, INTERNAL_ERROR, `More than ${MAX_OPEN_QUESTIONS} questions are open in this call`);
    }
    this.open.set(id, owner);
    void this.relay(id, method, params, owner);
  }

  /** The server does not want the answer any more. */
  withdrawn(id: unknown): void {
    if (typeof id === 'string' || typeof id === 'number') this.open.delete(id);
  }

  /** The call is over: nobody can be asked for it any more. */
  ended(owner: PendingRequest): void {
    if (this.open.size === 0) return;
    for (const [id, its] of [...this.open]) {
      if (its !== owner) continue;
      this.open.delete(id);
      this.refuse(id, INTERNAL_ERROR, 'The call for which this was asked has ended');
    }
  }

  /** The server is gone. */
  close(): void {
    this.open.clear();
  }

  private async relay(id: RpcId, method: string, params: RawObject | undefined, owner: PendingRequest): Promise<void> {
    // Names are for clients that are asked several things at once; this server knows ids only.
    const name = `question-${++this.asks}`;
    const question = params === undefined ? { method } : { method, params: withProgressToken(params, undefined) };
    try {
      const { [name]: result } = await owner.client!.ask({ [name]: question });
      if (!isObject(result)) throw new ProviderError('upstream_rejected', 'The client gave no answer');
      if (this.isOpen(id, owner)) this.post({ jsonrpc: '2.0', id, result });
    } catch (error) {
      if (this.isOpen(id, owner)) this.post({ jsonrpc: '2.0', id, error: answerOf(error) });
    }
  }

  /** Whether the answer is still wanted: then it is the last one. */
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

/** The client's own error, as it gave it; else ours. */
function answerOf(error: unknown): NonNullable<RpcAnswer['error']> {
  if (!(error instanceof ProviderError)) return { code: INTERNAL_ERROR, message: 'The client could not be asked' };
  return error.rpcError ?? { code: INTERNAL_ERROR, message: error.message };
}
