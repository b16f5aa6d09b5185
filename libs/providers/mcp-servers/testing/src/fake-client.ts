import type { RequestableClient, LogMessage, Progress, ServerRequest, RawObject } from '@manifold/tool-provider';

type Answer = (request: ServerRequest) => RawObject | Promise<RawObject>;

/** Stands for the client that the transport hands over with a call. It answers requests, and keeps all that it hears. */
export class FakeClient implements RequestableClient {
  readonly requests: ServerRequest[] = [];
  readonly logs: LogMessage[] = [];
  readonly progress: Progress[] = [];

  constructor(
    private readonly answer: Answer,
    readonly capabilities: RawObject = { elicitation: {} },
    readonly sessionKey?: string,
  ) {}

  async request(requests: Readonly<Record<string, ServerRequest>>): Promise<Readonly<Record<string, RawObject>>> {
    const answers = Object.entries(requests).map(async ([name, request]) => {
      this.requests.push(request);
      return [name, await this.answer(request)];
    });
    return Object.fromEntries(await Promise.all(answers)) as Record<string, RawObject>;
  }

  /** The part of a call context that comes from this client. */
  get brought() {
    return {
      client: this as RequestableClient,
      onLog: (message: LogMessage) => void this.logs.push(message),
      onProgress: (progress: Progress) => void this.progress.push(progress),
    };
  }
}

/** Accepts each elicitation, with its own message as the answer. */
export const accepting: Answer = ({ params }) => ({
  action: 'accept',
  content: { answer: `answer to ${String(params?.message)}` },
});

export const never: Answer = () => new Promise(() => undefined);
