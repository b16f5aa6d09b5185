import type { ToolDescriptor } from '@manifold/tool-provider';
import { AnnouncingProvider, tool } from '@manifold/tool-registry/testing';
import { callTool, messages, openSession, request, send } from './mcp-wire.js';
import { startTransport, type TransportApp } from './transport-app.js';

export const LIST_CHANGED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
/** Names of the tools that dynamic mode itself provides. */
export const OWN_TOOLS = ['enable-tools', 'search-tools', 'call-tool'];

export const ofApp = (app: string, name: string): ToolDescriptor => {
  const plain = tool(`${app}_${name}`);
  return { ...plain, app, name, definition: { ...plain.definition, title: `${app}: ${name}`, 'x-unknown': 'kept' } };
};
export const TOOLS = [ofApp('gmail', 'send-email'), ofApp('gmail', 'read-email'), ofApp('slack', 'post')];

/** The part of a response that these tests read. */
export interface Answer {
  readonly result?: {
    readonly tools?: readonly { readonly name: string }[];
    readonly content?: readonly { readonly text: string }[];
    readonly isError?: boolean;
  };
  readonly error?: { readonly code: number; readonly message: string };
}

export const namesOf = ({ result }: Answer): string[] => result!.tools!.map(({ name }) => name);
export const textOf = ({ result }: Answer): string => result!.content![0]!.text;

/** A gateway with some apps and with sessions of dynamic mode. */
export class DynamicApp {
  private constructor(
    public app: TransportApp,
    readonly provider: AnnouncingProvider,
  ) {}

  static async start(): Promise<DynamicApp> {
    const provider = new AnnouncingProvider(async () => TOOLS, 'apps');
    return new DynamicApp(await startTransport({ providers: [provider] }), provider);
  }

  async restart(): Promise<void> {
    const { dataDir } = this.app;
    await this.app.stop();
    this.app = await startTransport({ dataDir, providers: [this.provider] });
  }

  open(user = 'alice', query = '?mode=dynamic'): Promise<string> {
    return openSession(this.app.url, user, '2025-11-25', query);
  }

  /** Sends a request. @returns the response, and the number of list_changed notifications before it */
  async askAndCount(session: string, body: object, user = 'alice'): Promise<[Answer, number]> {
    const response = await send(this.app.url, body, { session, user });
    if (response.headers.get('content-type') === 'application/json') return [(await response.json()) as Answer, 0];
    const all = await messages(response);
    return [all.at(-1) as Answer, all.filter((message) => JSON.stringify(message) === LIST_CHANGED).length];
  }

  async ask(session: string, body: object, user?: string): Promise<Answer> {
    return (await this.askAndCount(session, body, user))[0];
  }

  async list(session: string, user?: string): Promise<string[]> {
    return namesOf(await this.ask(session, request(1, 'tools/list'), user));
  }

  enable(session: string, ...tools: unknown[]): Promise<Answer> {
    return this.ask(session, callTool(2, 'enable-tools', { tools }));
  }
}
