import { isObject } from '../upstream/rpc-values.js';
import type { RawObject } from '../upstream/index.js';

const URL_IN_TEXT = /https?:\/\/[^\s"'<>\\)\]]+/;

/** The texts of a tool's result; undefined where the tool has failed. */
function textOf({ content, isError }: RawObject): string | undefined {
  if (isError === true || !Array.isArray(content)) return undefined;
  const texts = content.flatMap((block: unknown) =>
    isObject(block) && typeof block.text === 'string' ? block.text : [],
  );
  return texts.length === 0 ? undefined : texts.join('\n');
}

/** The first address in a result, whether it is the text, a part of it, or in a member of JSON text. */
export function addressIn(result: RawObject): URL | undefined {
  const text = textOf(result) ?? '';
  const parsed = jsonOf(text);
  const texts = isObject(parsed) ? Object.values(parsed) : [parsed ?? text];
  for (const candidate of texts) {
    const [address] = (typeof candidate === 'string' ? URL_IN_TEXT.exec(candidate) : undefined) ?? [];
    if (address !== undefined && URL.canParse(address)) return new URL(address);
  }
  return undefined;
}

/** The JSON object that is the text of a result. */
export function objectIn(result: RawObject): RawObject | undefined {
  const parsed = isObject(result.structuredContent) ? result.structuredContent : jsonOf(textOf(result) ?? '');
  return result.isError !== true && isObject(parsed) && Object.keys(parsed).length > 0 ? parsed : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
