import type { Document } from 'bson';
import { DuplicateKeyError, MemoryCollection, type Index } from './memory-collection.js';

type Databases = Map<string, MemoryCollection>;
type Command = (collection: MemoryCollection, command: Document, namespace: string, databases: Databases) => Document;

/** Answers as a standalone server of version 8.0. */
const hello = (): Document => ({
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 25,
  readOnly: false,
});

/** Returns all results in the first batch, so that no cursor stays open. */
const batch = (firstBatch: Document[], ns: string): Document => ({ cursor: { id: 0n, ns, firstBatch } });

/** The commands that MongoStore sends, by name (the first key of the command's document). */
const COMMANDS: Readonly<Record<string, Command>> = {
  hello,
  ismaster: hello,
  isMaster: hello,
  ping: () => ({}),
  endSessions: () => ({}),

  listCollections: (_none, { $db }, namespace, databases) => {
    const prefix = `${$db}.`;
    const names = [...databases]
      .filter(([name, { isUsed }]) => name.startsWith(prefix) && isUsed)
      .map(([name]) => name);
    return batch(
      names.map((name) => ({ name: name.slice(prefix.length), type: 'collection' })),
      namespace,
    );
  },

  createIndexes: (collection, { indexes }) => {
    for (const index of indexes as Index[]) {
      if (!collection.indexes.some(({ name }) => name === index.name)) collection.indexes.push(index);
    }
    return { numIndexesAfter: collection.indexes.length };
  },

  insert: (collection, { documents }) => {
    const writeErrors: Document[] = [];
    for (const [index, document] of (documents as Document[]).entries()) {
      try {
        collection.insert(document);
      } catch (error) {
        if (!(error instanceof DuplicateKeyError)) throw error;
        writeErrors.push({ index, code: error.code, errmsg: error.message });
      }
    }
    return { n: documents.length - writeErrors.length, ...(writeErrors.length > 0 && { writeErrors }) };
  },

  find: (collection, { filter, sort, limit }, namespace) => batch(collection.find(filter, limit, sort), namespace),

  aggregate: (collection, { pipeline }, namespace) => batch(collection.aggregate(pipeline), namespace),

  findAndModify: (collection, command) => {
    const modified = collection.modify(command.query, command.update);
    return { value: (command.new ? modified?.after : modified?.before) ?? null };
  },

  delete: (collection, { deletes }) => {
    const counts = (deletes as Document[]).map(({ q, limit }) => collection.remove(q, limit));
    return { n: counts.reduce((sum, count) => sum + count, 0) };
  },
};

/** Runs one command. @returns the answer or error of a server */
export function runCommand(databases: Databases, command: Document): Document {
  const name = Object.keys(command)[0];
  const run = COMMANDS[name];
  if (!run) return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` };
  const namespace = `${command.$db}.${command[name]}`;
  const collection = databases.get(namespace) ?? new MemoryCollection();
  databases.set(namespace, collection);
  try {
    return { ...run(collection, command, namespace, databases), ok: 1 };
  } catch (error) {
    const code = error instanceof DuplicateKeyError ? error.code : 8;
    return { ok: 0, code, errmsg: String(error) };
  }
}
