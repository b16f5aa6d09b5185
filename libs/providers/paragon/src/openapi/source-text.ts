import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Parser,
  visit,
  type Document,
  type YAMLMap,
} from 'yaml';
import { exceededBound } from '@manifold/rest';
import { OpenApiError } from './openapi-error.js';

/** Maximum size of YAML. Parsing YAML blocks the event loop for half a second per megabyte; JSON takes a hundredth of that. */
const MAX_YAML_CHARACTERS = 2 * 1024 * 1024;
const MAX_DEPTH = 256;
/** Maximum number of alias expansions, because aliases can make a small file very large. */
const MAX_ALIASES = 100;

/** Reports a text that cannot be parsed, with the line of the error. */
export class OpenApiSyntaxError extends OpenApiError {
  constructor(
    reason: string,
    readonly line?: number,
  ) {
    super(reason);
  }
}

/**
 * Parses the text of a file. Strict JSON is parsed as JSON, everything else as YAML.
 * @throws OpenApiSyntaxError
 */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseYaml(text);
  }
}

/** Returns the line, counted from 1, on which a part of the file begins. Undefined if the search would take too long. */
export function lineOf(text: string, path: readonly string[]): number | undefined {
  if (text.length > MAX_YAML_CHARACTERS) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  return lines.linePos(offsetOf(document, path)).line;
}

function parseYaml(text: string): unknown {
  if (text.length > MAX_YAML_CHARACTERS)
    throw new OpenApiSyntaxError('it has more than 2 MB and is not valid JSON: large files must be JSON');
  if (exceededBound([...new Parser().parse(text)], { depth: MAX_DEPTH, items: Infinity })) {
    throw new OpenApiSyntaxError(`it is nested deeper than ${MAX_DEPTH} levels`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false, // the own check of the parser compares each key with all others (quadratic time)
    logLevel: 'error',
  });
  const [error] = document.errors;
  if (error) throw new OpenApiSyntaxError(error.message, lines.linePos(error.pos[0]).line);
  refuseRepeatedKeys(document, lines);
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new OpenApiSyntaxError((cause as Error).message);
  }
}

function refuseRepeatedKeys(document: Document, lines: LineCounter): void {
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = nameOf(key);
        if (seen.has(name)) throw new OpenApiSyntaxError(`"${name}" occurs twice`, lines.linePos(startOf(key)).line);
        seen.add(name);
      }
    },
  });
}

/** Returns the offset of the path, or of its longest prefix that exists. */
function offsetOf(document: Document, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const name of path) {
    if (isAlias(node)) node = node.resolve(document);
    const next = isMap(node) ? entryOf(node, name) : isSeq(node) ? { at: node.items[Number(name)] } : undefined;
    if (!next?.at) return offset;
    offset = startOf(next.at);
    node = 'value' in next ? next.value : next.at;
  }
  return offset;
}

function entryOf(map: YAMLMap, name: string): { at: unknown; value: unknown } | undefined {
  const pair = map.items.find(({ key }) => nameOf(key) === name);
  return pair && { at: pair.key, value: pair.value };
}

const nameOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

function startOf(node: unknown): number {
  const range = typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[] | null) : null;
  return range?.[0] ?? 0;
}
