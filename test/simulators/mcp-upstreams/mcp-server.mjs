import { Journal } from './journal.mjs';
import { UpstreamAsking } from './upstream-asking.mjs';
import { UpstreamPrimitives } from './upstream-primitives.mjs';
import { UpstreamTools } from './upstream-tools.mjs';

const LATEST = '2025-11-25';
const error = (id, code, message) => ({ jsonrpc: '2.0', id, error: { code, message } });

/**
 * A minimal implementation of the legacy era of MCP: no SDK is between a test and the wire. One instance serves one process. Calls in
 * flight belong to the channel (session or pipe) on which they arrived.
 */
export class McpServer {
  /**
   * @param {{ tools?: string, 'page-size'?: string, ledger?: string, lifecycle?: string, offers?: string | true, asks?: true }} flags
   * @param {(message: object) => void} broadcast reaches every client
   */
  constructor(flags, broadcast) {
    this.pageSize = Number(flags['page-size'] ?? 10_000);
    this.lifecycle = new Journal(flags.lifecycle);
    if (flags.offers) {
      this.primitives = new UpstreamPrimitives({ resources: Number(flags.offers), pageSize: this.pageSize, broadcast });
    }
    if (flags.asks) this.asking = new UpstreamAsking(new Journal(flags.ledger));
    this.tools = new UpstreamTools({
      primitives: this.primitives,
      asking: this.asking,
      extra: Number(flags.tools ?? 0),
      ledger: new Journal(flags.ledger),
      onChanged: () => broadcast({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }),
    });
  }

  /** Opens a channel: the state that its calls share. */
  openChannel() {
    return { inFlight: new Map() };
  }

  /**
   * @param {(message: object) => void} send gets progress and, at most once, the answer
   * @param {() => void} [ended] called when no answer will come
   */
  receive(message, channel, send, ended = () => undefined) {
    const { id, method, params } = message;
    if (method === undefined) this.asking?.answered(message, channel);
    if (method === undefined) return ended();
    if (method === 'initialize') channel.client = params;
    if (method === 'notifications/cancelled') channel.inFlight.get(params?.requestId)?.abort();
    if (id === undefined) return ended();
    if (method === 'tools/call') return this.call(id, params, channel, send, ended);
    if (method === 'initialize') this.lifecycle.write({ event: 'initialized' }); // before its client knows
    this.respond(id, method, params, channel, send);
  }

  respond(id, method, params, channel, send) {
    try {
      const result = this.answer(method, params, channel) ?? this.primitives?.answer(method, params);
      send(result ? { jsonrpc: '2.0', id, result } : error(id, -32601, `Method not found: ${method}`));
    } catch (fault) {
      send(error(id, -32002, fault.message));
    }
  }

  answer(method, params, channel) {
    if (method === 'ping') return {};
    if (method === 'tools/list') return this.page(params?.cursor, channel);
    if (method === 'logging/setLevel' && this.asking) return {};
    if (method !== 'initialize') return undefined;
    return {
      protocolVersion: params?.protocolVersion ?? LATEST,
      capabilities: { tools: { listChanged: true }, ...this.primitives?.capabilities, ...this.asking?.capabilities },
      ...(this.primitives && { instructions: 'Read the notes first.' }),
      serverInfo: { name: 'simulated-upstream', version: '1.0.0' },
    };
  }

  page(cursor = '0', channel) {
    const start = Number(cursor);
    const end = start + this.pageSize;
    const all = [...this.tools.definitions.values(), ...(this.asking?.toolsFor(channel) ?? [])];
    const tools = all.slice(start, end);
    return end < all.length ? { tools, nextCursor: String(end) } : { tools };
  }

  call(id, params, channel, send, ended) {
    let result;
    try {
      result = this.tools.call(params.name, params.arguments ?? {}, params._meta);
    } catch (fault) {
      return send(error(id, -32602, fault.message));
    }
    if (typeof result !== 'function') return send({ jsonrpc: '2.0', id, result });
    const progressToken = params._meta?.progressToken;
    const progress = (fields) => {
      if (progressToken === undefined) return;
      send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, ...fields } });
    };
    const controller = new AbortController();
    channel.inFlight.set(id, controller);
    void result(progress, controller.signal, send, channel).then((late) => {
      channel.inFlight.delete(id);
      return late ? send({ jsonrpc: '2.0', id, result: late }) : ended();
    });
  }
}
