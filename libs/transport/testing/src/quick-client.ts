import { Pool, type Dispatcher } from 'undici';

export interface QuickAnswer {
  readonly status: number;
  readonly isStream: boolean;
  readonly text: string;
}

class Reader implements Dispatcher.DispatchHandler {
  private status = 0;
  private isStream = false;
  private text = '';

  constructor(
    private readonly receive: ((text: string) => void) | undefined,
    private readonly resolve: (answer: QuickAnswer) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  onRequestStart(): void {
    // undici recognises the kind of handler by this method.
  }

  onResponseStart(_controller: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.status = status;
    this.isStream = headers['content-type'] === 'text/event-stream';
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    const text = chunk.toString();
    this.text += text;
    this.receive?.(text);
  }

  onResponseEnd(): void {
    this.resolve({ status: this.status, isStream: this.isStream, text: this.text });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.reject(error);
  }
}

/** Sends POST requests to the MCP endpoints, for tests with very many requests. It costs a tenth of `fetch`. */
export class QuickClient {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool(url);
  }

  /** @param onData gets the response in parts, as they arrive */
  post(
    path: string,
    headers: Record<string, string>,
    body: string,
    onData?: (text: string) => void,
  ): Promise<QuickAnswer> {
    const all = { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers };
    return new Promise((resolve, reject) => {
      this.pool.dispatch({ path, method: 'POST', headers: all, body }, new Reader(onData, resolve, reject));
    });
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}
