const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

/** Reads one HTTP/1.1 response after the other from a connection and checks each: status 200, and `expected` in the body. */
export class ResponseReader {
  #buffer = undefined;
  #body = undefined;

  constructor(expected) {
    this.expected = Buffer.from(expected);
  }

  /** @returns whether a response is complete; throws when it is not the expected one */
  push(chunk) {
    this.#buffer = this.#buffer === undefined ? chunk : Buffer.concat([this.#buffer, chunk]);
    this.#body ??= this.#readHead();
    if (this.#body === undefined) return false;
    const end = this.#body.chunked ? this.#endOfChunks(this.#body.start) : this.#body.start + this.#body.length;
    if (end === undefined || end > this.#buffer.length) return false;
    if (this.#body.status !== '200' || !this.#buffer.includes(this.expected, this.#body.start)) {
      throw new Error(`Unexpected answer: ${this.#buffer.toString('utf8', 0, 2000)}`);
    }
    this.#buffer = this.#body = undefined;
    return true;
  }

  #readHead() {
    const end = this.#buffer.indexOf(HEAD_END);
    if (end === -1) return undefined;
    const head = this.#buffer.latin1Slice(0, end);
    const length = /\ncontent-length: *(\d+)/i.exec(head);
    return { status: head.slice(9, 12), start: end + 4, chunked: length === null, length: length && Number(length[1]) };
  }

  /** The position behind the last chunk (RFC 9112, section 7.1), without trailers, or undefined when it has not come yet. */
  #endOfChunks(start) {
    for (let position = start; ;) {
      const lineEnd = this.#buffer.indexOf(LINE_END, position);
      if (lineEnd === -1) return undefined;
      const size = Number.parseInt(this.#buffer.latin1Slice(position, lineEnd), 16);
      position = lineEnd + 2 + size + 2;
      if (position > this.#buffer.length) return undefined;
      if (size === 0) return position;
    }
  }
}
