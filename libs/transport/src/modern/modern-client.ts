import { isObject } from '@manifold/async';
import { ProviderError, type OpenCall, type ServerRequest, type RawObject } from '@manifold/tool-provider';
import { clientRefused, missingCapability, type CallClient } from '../sessions/call-client.js';
import { METHOD_NOT_FOUND, MISSING_CLIENT_CAPABILITY } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';

/** Methods of the requests that a result may contain (2026-07-28, basic/patterns/mrtr). */
const INPUT_METHODS: readonly string[] = ['sampling/createMessage', 'elicitation/create', 'roots/list'];

interface OpenServerRequest {
  readonly request: ServerRequest;
  settle(answer: RawObject | ProviderError): void;
}

/**
 * Sends requests to a client of the modern era, as part of a result. The client sends the answers with its next request. ModernCall
 * collects the requests, and the answers are passed to `take`.
 */
export class ModernClient implements CallClient {
  private call?: OpenCall;
  private readonly open = new Map<string, OpenServerRequest>();

  /**
   * @param given answers that the client sent in advance, by request name; the gateway does not ask for these
   * @param onInputRequired called when a request to the client is added
   */
  constructor(
    readonly capabilities: RawObject,
    private readonly given: Params,
    private readonly onInputRequired: () => void,
  ) {}

  begin(call: OpenCall): void {
    this.call = call;
  }

  end(): void {
    if (this.awaitsInput) this.refuse(new ProviderError('cancelled', 'The call has ended'));
    this.call = undefined;
  }

  async request(requests: Readonly<Record<string, ServerRequest>>): Promise<Readonly<Record<string, RawObject>>> {
    const call = this.call;
    if (!call) throw new ProviderError('cancelled', 'The call has ended');
    const { signal } = call.context;
    signal.throwIfAborted();
    const asked = Object.entries(requests);
    for (const [, request] of asked) this.requireCapability(request);
    call.pause();
    const giveUp = (): void => this.refuse(signal.reason as ProviderError);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const answers = asked.map(async ([name, request]) => [name, await this.requestOne(name, request)]);
      return Object.fromEntries(await Promise.all(answers)) as Record<string, RawObject>;
    } finally {
      signal.removeEventListener('abort', giveUp);
      call.resume();
    }
  }

  /** Open requests to the client (`InputRequests`). */
  get inputRequests(): Readonly<Record<string, ServerRequest>> {
    return Object.fromEntries([...this.open].map(([key, { request }]) => [key, request]));
  }

  get awaitsInput(): boolean {
    return this.open.size > 0;
  }

  /** @param answers `InputResponses`. Answers to unknown requests are ignored. Requests without a valid answer stay open. */
  take(answers: Params): void {
    for (const [key, { settle }] of [...this.open]) {
      const answer = Object.hasOwn(answers, key) ? answers[key] : undefined;
      if (isObject(answer)) settle(answer);
    }
  }

  refuse(reason: ProviderError): void {
    for (const { settle } of [...this.open.values()]) settle(reason);
  }

  private requestOne(name: string, request: ServerRequest): Promise<RawObject> {
    const given = Object.hasOwn(this.given, name) ? this.given[name] : undefined;
    if (isObject(given)) return Promise.resolve(given);
    return new Promise((resolve, reject) => {
      const key = this.keyFor(name);
      const settle = (answer: RawObject | ProviderError): void => {
        this.open.delete(key);
        if (answer instanceof ProviderError) reject(answer);
        else resolve(answer);
      };
      this.open.set(key, { request, settle });
      this.onInputRequired();
    });
  }

  /** Returns a unique key for a request. Two parts of a backend may have chosen the same name. */
  private keyFor(name: string): string {
    let key = name;
    for (let count = 2; this.open.has(key); count += 1) key = `${name}-${count}`;
    return key;
  }

  private requireCapability(request: ServerRequest): void {
    const { method } = request;
    if (!INPUT_METHODS.includes(method)) {
      throw clientRefused({ code: METHOD_NOT_FOUND, message: `This client does not accept ${method}` });
    }
    const requiredCapabilities = missingCapability(request, this.capabilities);
    if (!requiredCapabilities) return;
    const message = `Missing required client capability for ${method}`;
    throw clientRefused({ code: MISSING_CLIENT_CAPABILITY, message, data: { requiredCapabilities } });
  }
}
