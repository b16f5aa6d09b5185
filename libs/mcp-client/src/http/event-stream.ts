/** One block of an event stream. Fields that did not occur are absent. */
export interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  /** Milliseconds to wait before the stream is reopened. */
  readonly retry?: number;
}

/**
 * Reads an event stream (HTML standard, 9.2.6). Unlike a browser, it also yields blocks without data, because in MCP these
 * carry the id to resume from.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const lines = new TextLines();
  const decoder = new TextDecoder();
  let block = new EventBlock();
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    for (const line of lines.push(decoder.decode(chunk, { stream: true }))) {
      if (line !== '') {
        block.add(line);
        continue;
      }
      if (!block.isEmpty) yield block.event();
      block = new EventBlock();
    }
  }
}

/** Splits text into lines that end in LF, CR or CRLF, wherever the chunks are cut. */
class TextLines {
  private parts: string[] = [];
  private afterCr = false;

  *push(text: string): Generator<string> {
    let from = this.afterCr && text.startsWith('\n') ? 1 : 0;
    if (text !== '') this.afterCr = text.endsWith('\r');
    for (const { 0: end, index } of text.matchAll(/\r\n?|\n/g)) {
      if (index < from) continue;
      this.parts.push(text.slice(from, index));
      yield this.parts.length === 1 ? this.parts[0] : this.parts.join('');
      this.parts = [];
      from = index + end.length;
    }
    if (from < text.length) this.parts.push(text.slice(from));
  }
}

class EventBlock {
  private readonly data: string[] = [];
  private id: string | undefined;
  private type: string | undefined;
  private retry: number | undefined;

  get isEmpty(): boolean {
    return this.data.length === 0 && this.id === undefined && this.type === undefined && this.retry === undefined;
  }

  add(line: string): void {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.data.push(value);
    else if (name === 'event') this.type = value;
    else if (name === 'id' && !value.includes('\0')) this.id = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retry = Number(value);
  }

  event(): StreamEvent {
    const data = this.data.length === 0 ? undefined : this.data.join('\n');
    return { id: this.id, event: this.type, data, retry: this.retry };
  }
}
