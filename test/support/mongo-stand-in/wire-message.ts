import { deserialize, serialize, type Document } from 'bson';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;
const CHECKSUM_PRESENT = 1;

/** A command from the wire, with the data that its answer needs. */
export interface Request {
  readonly id: number;
  readonly opCode: number;
  readonly command: Document;
}

/** Splits received bytes into messages. @returns the complete messages, and the bytes of an incomplete one */
export function takeMessages(received: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let rest = received;
  while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
    messages.push(rest.subarray(0, rest.readInt32LE(0)));
    rest = rest.subarray(rest.readInt32LE(0));
  }
  return { messages, rest };
}

/** Reads a request. Drivers send their first command with OP_QUERY, which servers of every age understand, and later ones with OP_MSG. */
export function readRequest(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === OP_MSG) return { id, opCode, command: readSections(message) };
  if (opCode !== OP_QUERY) throw new Error(`Operation ${opCode} of the wire protocol is not known here`);
  const afterName = message.indexOf(0, HEADER + 4) + 1;
  return { id, opCode, command: deserialize(message.subarray(afterName + 8)) };
}

/** Reads the body (kind 0) and inserts the document sequences (kind 1). */
function readSections(message: Buffer): Document {
  const end = message.length - (message.readUInt32LE(HEADER) & CHECKSUM_PRESENT ? 4 : 0);
  let command: Document = {};
  let at = HEADER + 4;
  while (at < end) {
    const kind = message.readUInt8(at);
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    command = kind === 0 ? { ...command, ...deserialize(section) } : { ...command, ...readSequence(section) };
    at += 1 + size;
  }
  return command;
}

function readSequence(section: Buffer): Document {
  const nameEnd = section.indexOf(0, 4);
  const documents: Document[] = [];
  let at = nameEnd + 1;
  while (at < section.length) {
    const size = section.readInt32LE(at);
    documents.push(deserialize(section.subarray(at, at + size)));
    at += size;
  }
  return { [section.toString('utf8', 4, nameEnd)]: documents };
}

export function writeReply(request: Request, answer: Document): Buffer {
  const body = serialize(answer, { ignoreUndefined: true });
  const legacy = request.opCode === OP_QUERY;
  const prefix = Buffer.alloc(legacy ? 20 : 5); // OP_REPLY: flags, cursor, offset, count; OP_MSG: flags, kind
  if (legacy) prefix.writeInt32LE(1, 16);
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + prefix.length + body.length, 0);
  header.writeInt32LE(request.id, 8);
  header.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  return Buffer.concat([header, prefix, body]);
}
