/** Pattern of a word: `SEND_MESSAGE`, `send-message` and `sendMessage` all have the words `send` and `message`. */
const WORD = /\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{N}+/gu;

/** Stop words: English words that occur in almost every description. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by for from in into is it its of on or that the this to with'.split(' '),
);

/** Returns the words of a name, description or query for comparison: in lower case, without stop words and without a simple plural `s`. */
export const searchWords = (text: string): string[] =>
  (text.match(WORD) ?? []).map((word) => singular(word.toLowerCase())).filter((word) => !EMPTY_WORDS.has(word));

const singular = (word: string): string =>
  word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
