import type { AskableClient, LogMessage, Progress, Question, RawObject } from '@manifold/tool-provider';

type Answer = (question: Question) => RawObject | Promise<RawObject>;

/** What a client would be that the transport hands over with a call: answers questions, and keeps all that it hears. */
export class FakeClient implements AskableClient {
  readonly questions: Question[] = [];
  readonly logs: LogMessage[] = [];
  readonly progress: Progress[] = [];

  constructor(
    private readonly answer: Answer,
    readonly capabilities: RawObject = { elicitation: {} },
    readonly sessionKey?: string,
  ) {}

  async ask(questions: Readonly<Record<string, Question>>): Promise<Readonly<Record<string, RawObject>>> {
    const answers = Object.entries(questions).map(async ([name, question]) => {
      this.questions.push(question);
      return [name, await this.answer(question)];
    });
    return Object.fromEntries(await Promise.all(answers)) as Record<string, RawObject>;
  }

  /** What a call of this client brings along. */
  get brought() {
    return {
      client: this as AskableClient,
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
