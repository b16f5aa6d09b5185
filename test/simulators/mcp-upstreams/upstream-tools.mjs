import { createHash } from 'node:crypto';
import { ASKING_TOOLS } from './upstream-asking.mjs';
import { PRIMITIVE_TOOLS } from './upstream-primitives.mjs';

const object = (properties = {}, required = []) => ({ type: 'object', properties, required });
const tool = (name, description, inputSchema = object()) => ({ name, description, inputSchema });

/** The tools that every simulated upstream has. */
export const OWN_TOOLS = [
  tool('echo', 'Answers its message', object({ message: { type: 'string' } }, ['message'])),
  tool('received', 'Answers which arguments arrived: their names, and the SHA-256 of their JSON with sorted names'),
  tool('slow', 'Works for a while, in steps', object({ ms: { type: 'number' }, steps: { type: 'number' } })),
  tool('cancelled', 'Answers how many calls were cancelled'),
  tool('crash', 'Ends the process in the middle of the call'),
  tool('environment', 'Answers the names of the environment variables'),
  tool('change', 'Adds a tool and says so'),
  {
    ...tool('unknown_fields', 'Answers with fields that nobody knows'),
    annotations: { readOnlyHint: true, x_annotation: 'kept' },
    x_tool: { nested: ['kept'] },
    _meta: { 'example.com/tool': 'kept' },
  },
];

const UNKNOWN_FIELDS_RESULT = {
  content: [{ type: 'text', text: 'known', x_content: { nested: ['kept'] } }],
  x_result: 'kept',
  _meta: { 'example.com/result': { nested: ['kept'] } },
};

const text = (value) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});

function received(args) {
  const names = Object.keys(args).sort();
  const json = JSON.stringify(Object.fromEntries(names.map((name) => [name, args[name]])));
  return { sha256: createHash('sha256').update(json).digest('hex'), names };
}

/** Implements the tools, independently of the transport. */
export class UpstreamTools {
  /**
   * @param {{ extra: number, ledger: import('./journal.mjs').Journal, onChanged: () => void, primitives?: import('./upstream-primitives.mjs').UpstreamPrimitives, asking?: import('./upstream-asking.mjs').UpstreamAsking }} options
   * `extra` tools besides the own ones; `ledger` gets one line per executed call; `onChanged` is called when a tool was added
   */
  constructor({ extra, ledger, onChanged, primitives, asking }) {
    this.primitives = primitives;
    this.asking = asking;
    this.ledger = ledger;
    this.onChanged = onChanged;
    this.cancellations = 0;
    this.definitions = new Map(
      [...OWN_TOOLS, ...(primitives ? PRIMITIVE_TOOLS : []), ...(asking ? ASKING_TOOLS : [])].map((definition) => [
        definition.name,
        definition,
      ]),
    );
    for (let number = 1; number <= extra; number++) this.add('extra', number);
  }

  add(kind, number) {
    const name = `${kind}_${String(number).padStart(3, '0')}`;
    this.definitions.set(name, tool(name, `Answers its own name, ${name}`, object({ message: { type: 'string' } })));
  }

  /**
   * @returns the result, or for a call that takes time a function `(progress, signal) => Promise<result>`, whose promise
   * gives undefined when the call was cancelled
   * @throws for an unknown tool
   */
  call(name, args, { traceparent, tracestate } = {}) {
    const asking = this.asking?.call(name, args);
    if (!this.definitions.has(name) && !asking) throw new Error(`Unknown tool: ${name}`);
    const trace = traceparent === undefined ? undefined : { traceparent, tracestate };
    this.ledger.write({ event: 'call', tool: name, arguments: args, trace });
    if (asking) return asking;
    switch (name) {
      case 'echo':
        return text(args.message);
      case 'received':
        return text(received(args));
      case 'slow':
        return (progress, signal) => this.slow(args, progress, signal);
      case 'cancelled':
        return text(String(this.cancellations));
      case 'crash':
        return process.exit(1);
      case 'environment':
        return text(Object.keys(process.env).sort());
      case 'change':
        this.add('added', this.definitions.size);
        this.onChanged();
        return text('changed');
      case 'unknown_fields':
        return UNKNOWN_FIELDS_RESULT;
      case 'touch':
      case 'grow':
      case 'subscribed':
        return this.primitives.call(name, args);
      default:
        return text(name);
    }
  }

  /** Reports each step when it begins, so that no progress arrives together with the result: SDK 1.32 loses progress in the same chunk. */
  async slow({ ms = 1000, steps = 1 }, progress, signal) {
    for (let step = 1; step <= steps; step++) {
      progress({ progress: step, total: steps, message: `step ${step}`, x_progress: 'kept' });
      await pause(ms / steps, signal);
      if (signal.aborted) {
        this.cancellations += 1;
        return undefined;
      }
    }
    return text('done');
  }
}

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
