import { fitsPattern } from '../name-pattern.js';
import type { StdioProgram } from './stdio-program.js';

/**
 * Tells whether a program is one that a pattern names: `node /opt/servers/*.js`. The words of the pattern stand for the command and its
 * first arguments, which may be followed by others. `*` stands for any characters of one word, and for slashes only in a path that begins with
 * a slash or a dot: in the name of a package they lead to another one (`@acme/x@evil/repository`).
 */
export function fitsCommand(pattern: string, { command, args }: Pick<StdioProgram, 'command' | 'args'>): boolean {
  const words = pattern.split(' ');
  const given = [command, ...args.slice(0, words.length - 1)];
  return given.length === words.length && given.every((word, index) => fitsWord(words[index]!, word));
}

/** Texts that `*` does not match: `..` leads out of a folder, and `name@npm:other` or `name @ https://…` names another package. */
const LEADS_ELSEWHERE = /(?:^|[/\\])\.\.(?:[/\\]|$)|[:\s]/;

function fitsWord(pattern: string, word: string): boolean {
  if (!pattern.includes('*')) return pattern === word;
  if (!fitsPattern(pattern, word) || LEADS_ELSEWHERE.test(word)) return false;
  return /^[./]/.test(pattern) || slashesIn(word) === slashesIn(pattern);
}

const slashesIn = (text: string): number => text.replaceAll(/[^/\\]/g, '').length;
