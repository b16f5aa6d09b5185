import { ProviderError, type OpenCall, type Question, type RawObject } from '@manifold/tool-provider';
import { clientRefused, missingCapability, type AskedClient } from './asked-client.js';
import { METHOD_NOT_FOUND, MISSING_CLIENT_CAPABILITY } from './json-rpc-error.js';
import { isObject, type Params } from './json-rpc.js';

/** What a result may ask (2026-07-28, basic/patterns/mrtr). */
const ASKABLE: readonly string[] = ['sampling/createMessage', 'elicitation/create', 'roots/list'];

interface OpenQuestion {
  readonly question: Question;
  settle(answer: RawObject | ProviderError): void;
}

/**
 * Asks a client of the modern era, by a result that says what is wanted. The answers come with the request that the client then sends
 * instead: see ModernCall, which takes the questions from here and brings the answers.
 */
export class ModernClient implements AskedClient {
  private call?: OpenCall;
  private readonly open = new Map<string, OpenQuestion>();

  /**
   * @param given answers that the client has sent without having been asked: it asks itself less often when it knows what will come
   * @param onAsked called when there is something to ask
   */
  constructor(
    readonly capabilities: RawObject,
    private readonly given: Params,
    private readonly onAsked: () => void,
  ) {}

  begin(call: OpenCall): void {
    this.call = call;
  }

  end(): void {
    if (this.isAsking) this.refuse(new ProviderError('cancelled', 'The call has ended'));
    this.call = undefined;
  }

  async ask(questions: Readonly<Record<string, Question>>): Promise<Readonly<Record<string, RawObject>>> {
    const call = this.call;
    if (!call) throw new ProviderError('cancelled', 'The call has ended');
    const { signal } = call.context;
    signal.throwIfAborted();
    const asked = Object.entries(questions);
    for (const [, question] of asked) this.requireCapability(question);
    call.pause();
    const giveUp = (): void => this.refuse(signal.reason as ProviderError);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const answers = asked.map(async ([name, question]) => [name, await this.askOne(name, question)]);
      return Object.fromEntries(await Promise.all(answers)) as Record<string, RawObject>;
    } finally {
      signal.removeEventListener('abort', giveUp);
      call.resume();
    }
  }

  /** What is to be asked now (`InputRequests`). */
  get questions(): Readonly<Record<string, Question>> {
    return Object.fromEntries([...this.open].map(([key, { question }]) => [key, question]));
  }

  get isAsking(): boolean {
    return this.open.size > 0;
  }

  /** @param answers `InputResponses`: what nobody asked for is ignored, and what is no answer is asked for again */
  take(answers: Params): void {
    for (const [key, { settle }] of [...this.open]) {
      const answer = Object.hasOwn(answers, key) ? answers[key] : undefined;
      if (isObject(answer)) settle(answer);
    }
  }

  refuse(reason: ProviderError): void {
    for (const { settle } of [...this.open.values()]) settle(reason);
  }

  private askOne(name: string, question: Question): Promise<RawObject> {
    const given = Object.hasOwn(this.given, name) ? this.given[name] : undefined;
    if (isObject(given)) return Promise.resolve(given);
    return new Promise((resolve, reject) => {
      const key = this.keyFor(name);
      const settle = (answer: RawObject | ProviderError): void => {
        this.open.delete(key);
        if (answer instanceof ProviderError) reject(answer);
        else resolve(answer);
      };
      this.open.set(key, { question, settle });
      this.onAsked();
    });
  }

  /** Two parts of a backend may have had the same name in mind. */
  private keyFor(name: string): string {
    let key = name;
    for (let count = 2; this.open.has(key); count += 1) key = `${name}-${count}`;
    return key;
  }

  private requireCapability(question: Question): void {
    const { method } = question;
    if (!ASKABLE.includes(method)) {
      throw clientRefused({ code: METHOD_NOT_FOUND, message: `Clients of this era are not asked ${method}` });
    }
    const requiredCapabilities = missingCapability(question, this.capabilities);
    if (!requiredCapabilities) return;
    const message = `Missing required client capability for ${method}`;
    throw clientRefused({ code: MISSING_CLIENT_CAPABILITY, message, data: { requiredCapabilities } });
  }
}
