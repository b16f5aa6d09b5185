/** A fenced block of a Markdown document. */
export interface Block {
  /** The line of its first fence, counted from 1. */
  readonly line: number;
  /** The info string of the fence: `sh`, `json`. */
  readonly language: string;
  /** The mark: the text of `<!-- test: ... -->` before the block. */
  readonly mark?: string;
  readonly text: string;
  /** The output of its commands: a block `text` that follows it. */
  readonly output?: string;
}

const FENCE = /^\s*(```+|~~~+)(.*)$/;
const MARK = /^\s*<!-- test: (.+?) -->\s*$/;

/**
 * Reads the blocks in the order of the document.
 * @throws when a block has no end, or a mark no block
 */
export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let mark: string | undefined;
  let isAfterBlock = false;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    const [, fence, language = ''] = FENCE.exec(line) ?? [];
    if (fence === undefined) {
      if (line.trim() === '') continue;
      if (mark !== undefined) throw new Error(`line ${index}: no block follows the mark "${mark}"`);
      mark = MARK.exec(line)?.[1];
      isAfterBlock = false;
      continue;
    }
    const end = lines.findIndex((other, at) => at > index && other.trim() === fence);
    if (end < 0) throw new Error(`line ${index + 1}: the block has no end`);
    const text = lines.slice(index + 1, end).join('\n');
    const before = blocks.at(-1);
    if (language.trim() === 'text' && isAfterBlock && before?.language === 'sh' && before.output === undefined) {
      blocks[blocks.length - 1] = { ...before, output: text };
    } else {
      blocks.push({ line: index + 1, language: language.trim(), text, ...(mark !== undefined && { mark }) });
    }
    mark = undefined;
    isAfterBlock = true;
    index = end;
  }
  return blocks;
}

/**
 * Replaces placeholders, such as `<your host>`, by values.
 * @param values by the text that they replace, which may be more than the placeholder: `https://<your server>`
 * @throws when a placeholder has no value
 */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  const result = Object.entries(values).reduce((before, [name, value]) => before.replaceAll(name, value), text);
  const left = /<[a-z][a-z ]*>/.exec(result);
  if (left) throw new Error(`the placeholder ${left[0]} has no value in the test`);
  return result;
}

const CHANGES_EACH_TIME = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
] as const;

/**
 * Tells whether the output of a command matches the document. `...` stands for any text, on a line of its own for any lines. An id (UUID)
 * equals any other id, and a timestamp any other timestamp. White space at the end does not count.
 */
export function isOutput(expected: string, actual: string): boolean {
  const neutral = (text: string) =>
    CHANGES_EACH_TIME.reduce((before, [pattern, name]) => before.replace(pattern, name), text.trimEnd());
  const pattern = neutral(expected)
    .split('\n')
    .map((line) => (line.trim() === '...' ? '[^]*' : line.split('...').map(escaped).join('.*')))
    .join('\n');
  return new RegExp(`^${pattern}$`).test(neutral(actual));
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
