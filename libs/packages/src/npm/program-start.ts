import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Launch } from '../model/package-runtime.js';

/** Linux reads no longer first lines. */
const FIRST_LINE_BYTES = 256;
const ELF = '\x7fELF';

/**
 * Returns how to start a program of a package, as the operating system would: by the interpreter in its first line, with the options there. Node
 * and others are looked for in PATH, wherever the line says that they are. A program without such a line is one of Node, or a binary.
 * @param file absolute path
 */
export async function startOf(file: string): Promise<Launch> {
  const start = await beginningOf(file);
  if (start.startsWith(ELF)) return { command: file, args: [] };
  const [, line] = /^#!([^\r\n]*)/.exec(start.replace(/^\uFEFF/, '')) ?? [];
  const [interpreter, ...options] = wordsIn(line ?? '');
  if (interpreter === undefined) return { command: 'node', args: [file] };
  if (basename(interpreter) !== 'env') return { command: basename(interpreter), args: [...options, file] };
  const words = options.filter((word) => word !== '-S' && word !== '--split-string');
  const at = words.findIndex((word) => !isAssignment(word));
  const command = words[at];
  if (command === undefined || command.startsWith('-')) return { command: 'node', args: [file] };
  const args = [...words.slice(at + 1), file];
  // `env` sets variables before it starts the interpreter.
  return at === 0
    ? { command: basename(command), args }
    : { command: 'env', args: [...words.slice(0, at), command, ...args] };
}

const isAssignment = (word: string): boolean => /^[A-Za-z_]\w*=/.test(word);

/** Splits a first line into words. Quotation marks keep words together, as for `env -S`. */
const wordsIn = (line: string): string[] =>
  (line.replace(/(\s)(-S|--split-string=)(?=\S)/, '$1-S ').match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );

async function beginningOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_LINE_BYTES), 0, FIRST_LINE_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await file.close();
  }
}
