import { parse, TomlDate, TomlError } from 'smol-toml';
import { isObject } from '@manifold/async';
import { MOST_IN_ALL, ProblemError } from '@manifold/rest';

/** Maximum nesting depth, the same as for JSON bodies. */
const MAX_DEPTH = 64;

/**
 * Parses TOML, in which Codex writes its servers, into the value that the equivalent JSON has. Dates become texts.
 * @throws ProblemError 400, without the text itself: it may have secrets
 */
export function parseToml(text: string): unknown {
  try {
    return plain(
      parse(text.replace(/^\uFEFF/, ''), { maxDepth: MAX_DEPTH, unsafeKeyBehaviour: 'throw', useLegacyDate: true }),
    );
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw notToml(`line ${error.line}: ${reason}`);
  }
}

/** Copies a value, level by level, within the bounds of a body. */
function plain(document: object): unknown {
  const result: Record<string, unknown> = {};
  let level: { from: object; to: Record<string, unknown> | unknown[] }[] = [{ from: document, to: result }];
  let count = 0;
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw notToml(`it is nested deeper than ${MAX_DEPTH} levels`);
    const below: typeof level = [];
    for (const { from, to } of level) {
      for (const [name, value] of Object.entries(from)) {
        count += 1;
        if (count > MOST_IN_ALL) throw notToml(`it has more than ${MOST_IN_ALL} members and elements`);
        const isNested = (isObject(value) || Array.isArray(value)) && !(value instanceof TomlDate);
        const copy = isNested
          ? Array.isArray(value)
            ? []
            : {}
          : value instanceof TomlDate
            ? value.toISOString()
            : value;
        (to as Record<string, unknown>)[name] = copy;
        if (isNested) below.push({ from: value as object, to: copy as Record<string, unknown> });
      }
    }
    level = below;
  }
  return result;
}

const notToml = (reason: string): ProblemError =>
  new ProblemError(400, 'invalid_toml', `The body is not valid TOML: ${reason}`);
