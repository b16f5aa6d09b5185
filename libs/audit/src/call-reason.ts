import { isObject } from '@manifold/async';
import { withoutLongWords } from '@manifold/secrets';
import type { CallFailure } from '@manifold/tool-registry';

/** The longest reason in characters. */
const LONGEST_REASON = 1_000;
/** The longest part of it that the server or the tool says. */
const LONGEST_WORDS = 300;
/** Shorter arguments are too likely to occur in a text by chance. */
const LEAST_ARGUMENT = 8;
/** Only the start of longer arguments is looked for, and the text ends where it occurs. */
const LONGEST_ARGUMENT = 256;
/** Calls with more texts in their arguments have a reason without the words of the server: to look for all would take too long. */
const MOST_ARGUMENTS = 100;
const MOST_PENDING = 1_000;
const REPLACEMENT = '[argument]';

/**
 * Returns the reason of a failed call: its code, what the gateway says and the start of what the server says. Arguments are no part of the
 * audit log, but a server can repeat them: they are replaced there, and so are words that may be tokens.
 */
export function callReason(
  code: string,
  { message, words }: CallFailure,
  args: Readonly<Record<string, unknown>>,
): string | undefined {
  if (message === undefined && words === undefined) return undefined;
  const texts = textsIn(args);
  const said = words !== undefined && texts && withoutLongWords(withoutArguments(words, texts)).trim();
  const parts = [code, message, said && said.slice(0, LONGEST_WORDS)];
  return parts.filter(Boolean).join(': ').slice(0, LONGEST_REASON);
}

function withoutArguments(words: string, texts: readonly string[]): string {
  const byLength = texts.filter(({ length }) => length >= LEAST_ARGUMENT).sort((a, b) => b.length - a.length);
  return byLength.reduce((text, argument) => {
    const start = argument.slice(0, LONGEST_ARGUMENT);
    return formsOf(start).reduce((rest, form) => {
      if (!rest.includes(form)) return rest;
      return argument === start ? rest.replaceAll(form, REPLACEMENT) : rest.slice(0, rest.indexOf(form)) + REPLACEMENT;
    }, text);
  }, words);
}

/** Returns an argument as servers repeat it: as it is, in JSON, and in URLs. */
function formsOf(argument: string): string[] {
  const wellFormed = Buffer.from(argument).toString(); // half a character at the end has no form in URLs
  return [...new Set([argument, JSON.stringify(argument).slice(1, -1), encodeURIComponent(wellFormed)])];
}

/** Returns the texts in the arguments, at any depth; `undefined` if they are too many. It is iterative, because arguments can be deep. */
function textsIn(args: Readonly<Record<string, unknown>>): string[] | undefined {
  const texts: string[] = [];
  const pending: unknown[] = [args];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') texts.push(value);
    else if (isObject(value) || Array.isArray(value)) {
      for (const item of Object.values(value)) if (pending.push(item) > MOST_PENDING) return undefined;
    }
    if (texts.length > MOST_ARGUMENTS) return undefined;
  }
  return texts;
}
