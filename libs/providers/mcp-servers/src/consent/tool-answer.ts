import { isObject } from '@manifold/async';
import type { RawObject } from '@manifold/mcp-client';

const URL_IN_TEXT = /https?:\/\/[^\s"'<>\\)\]]+/;

/** Returns the joined texts of a tool's result; undefined if the tool failed or the result has no text. */
function textOf({ content, isError }: RawObject): string | undefined {
  if (isError === true || !Array.isArray(content)) return undefined;
  const texts = content.flatMap((block: unknown) =>
    isObject(block) && typeof block.text === 'string' ? block.text : [],
  );
  return texts.length === 0 ? undefined : texts.join('\n');
}

/** Finds the first URL in a result: in its text, or in a top-level member if the text is JSON. */
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

/** Returns the JSON object in a result: its structured content, or its text. Returns undefined if it is empty or missing. */
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
