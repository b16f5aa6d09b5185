/** `SLACK_SEND_MESSAGE`, `send-message` and `sendMessage` have the same words. */
const WORD = /\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{N}+/gu;

/** English words that are in every description. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by for from in into is it its of on or that the this to with'.split(' '),
);

/** The words of a name, a description or a query, as a search compares them: without case, and singular where that is easy to see. */
export const searchWords = (text: string): string[] =>
  (text.match(WORD) ?? []).map((word) => singular(word.toLowerCase())).filter((word) => !EMPTY_WORDS.has(word));

const singular = (word: string): string =>
  word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
