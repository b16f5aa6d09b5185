import { isObject } from '@manifold/async';

type Stream = 'stderr' | 'stdout';

const KEPT_AT_START = 60;
const KEPT_AT_END = 120;
const LONGEST_LINE = 2000;
/** Number of characters of a cause. */
const LONGEST = 600;
/** Number of lines after the first one that may belong to a message. */
const MORE_LINES = 30;

/** Line that begins the message of an error in the common languages: `TypeError: ...`, `java.io.IOException: ...`, `panic: ...`. */
const HEADING =
  /^\[?(?:uncaught |caused by: |unhandled exception\.? |exception in thread "[^"]*" )?(?:error|panic|fatal|critical|(?:[\w$]+[.:]{1,2})*[A-Z][\w$]*(?:Error|Exception|Exit|Failure|Rejection|Panic))(?: \[[\w-]+\])?(?:: |:$)/i;
const RUST_PANIC = /^thread '.*' (?:\(\d+\) )?panicked at /;
const NPM = /^npm (?:error|ERR!) ?/;
const NAMES_ERROR =
  /\b(?:error|err|fatal|panic|critical|exception|fail(?:ed|ure|s)?|cannot|can't|could not|couldn't|unable|invalid|denied|refused|unauthorized|forbidden|no such|not found|unknown|unexpected|unrecognized|unsupported)\b/i;
const NAMES_NEED =
  /\b(?:required|requires?|missing|must (?:be|have|provide|set|specify)|not (?:set|defined|provided|configured|specified)|undefined|please (?:set|provide|specify|define|add)|need(?:s|ed)?|expected)\b/i;
/** Line of a message of which the next lines say more: a list, an object, the fields that a validation refused. */
const GOES_ON = /(?:[:[{(]|validation errors? for \S+)$/;
/** Lines that say nothing of the cause: they end a stack trace, or give advice on the program. */
const EMPTY_WORDS =
  /^(?:node\.js v\d|bun v\d|deno \d|a complete log of this run|npm (?:error|err!) (?:a complete log|code |errno |syscall |path |command |node |\d{3}$|$)|note: run with|note: some details|stack backtrace|\(use `?node --trace|\(node:\d+\) |npm warn|npm notice|goroutine \d+|exit status \d+|process exited|\[process exited|during handling of the above|the above exception was|traceback \(most|exception group traceback|stack trace|require stack|node:internal|thrown at:|sub-exception|warning:|deprecat|debugger |emitted 'error' event)/i;
const STACK_FRAME =
  /^(?:\s*at\s|\s*File "[^"]*", line \d+|\s*from .*:\d+:in |\s*\.{3} \d+ more|\s*\d+: 0x|\s+\d+: |\S+\.go:\d+|\s+\/\S+\.go:\d+|\s*(?:file:\/\/)?\/\S+:\d+(?::\d+)?$|\s*- \/\S+$)/;
/** Signs with which programs begin the lines of a message, before its words. */
const SIGNS = /^[\s×✖✗❌⚠╰─▶├│•!]+\s?/u;
/** Marks below a line of code, and members of an object or array that is printed after an error. */
const MARKS = /^[\s^~|+\-=_*#.<>[\]{}(),;'"`]*$/;
const ERROR_LEVEL = /^(?:err|fatal|crit|panic|alert|emerg)/i;
/** Bars that Python draws beside the traceback of an exception in a group. */
const GROUP_BARS = /^\s*(?:[|+]\s?|\+-\+-+ \d+ -+$)+/;

interface Line {
  readonly text: string;
  readonly stream: Stream;
}

/** Paths of the host in the usual places, of which the last part is kept. Addresses such as `https://host/path` are no paths. */
const PATHS =
  /(?<![\w:/.-])(?:file:\/\/)?(?:\/(?:app|bin|build|data|etc|home|mnt|nix|opt|private|root|run|srv|tmp|usr|var|work|workspace|Users|Volumes)\/|[A-Z]:\\)(?:[^\s/\\'"`:;,()<>]+[/\\])*/g;

/** Returns words without the folders of the host (docs/THREATS.md): tenants of the gateway read them. */
export const withoutFolders = (words: string): string => words.replace(PATHS, '');

/** The output of one run of a program that is no message of MCP: its first and its last lines. It finds the cause of an early end. */
export class LastWords {
  private readonly first: Line[] = [];
  private readonly last: Line[] = [];

  /** @param text a line that is safe to show. A secret that is cut here would not be found any more. */
  add(text: string, stream: Stream): void {
    const line = { text: copyOf(text.slice(0, LONGEST_LINE)).trimEnd(), stream };
    if (this.first.length < KEPT_AT_START) this.first.push(line);
    else if (this.last.push(line) > KEPT_AT_END) this.last.shift();
  }

  /** Returns the words that say most about the cause, in one line; undefined if the program wrote nothing of use. */
  cause(): string | undefined {
    const lines = [...this.first, ...this.last];
    const onErrors = bestOf(lines.filter(({ stream }) => stream === 'stderr').map(({ text }) => text));
    const onOutput = bestOf(lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text));
    const best = onOutput && onOutput.weight > (onErrors?.weight ?? 0) ? onOutput : onErrors;
    return best?.words;
  }
}

/** Copies a part of a text. V8 would keep the whole text in memory as long as the part is in use. */
const copyOf = (part: string): string => Buffer.from(part).toString();

interface Words {
  readonly weight: number;
  readonly words: string;
}

function bestOf(raw: readonly string[]): Words | undefined {
  const lines = raw.map((line) => line.replace(GROUP_BARS, ''));
  let best: { weight: number; index: number } | undefined;
  lines.forEach((line, index) => {
    const weight = weightOf(line, lines[index - 1]);
    // A program stops at its last error; npm says the cause first.
    if (weight > 0 && (!best || weight > best.weight || (weight === best.weight && !NPM.test(line)))) {
      best = { weight, index };
    }
  });
  return best && { weight: best.weight, words: messageFrom(lines, best.index) };
}

/** Returns 0 for a line that says nothing, and more the more likely it names the cause. */
function weightOf(line: string, before: string | undefined): number {
  const text = line.trim();
  if (text === '' || MARKS.test(text) || STACK_FRAME.test(line) || EMPTY_WORDS.test(text)) return 0;
  const logged = loggedIn(text);
  if (logged) return logged.isError ? 4 : weightOfWords(logged.message);
  if (HEADING.test(text) || (before !== undefined && RUST_PANIC.test(before))) return 4;
  if (isCode(line, text)) return 0;
  return NPM.test(text) ? Math.max(2, weightOfWords(text)) : weightOfWords(text);
}

const weightOfWords = (text: string): number => (NAMES_NEED.test(text) ? 3 : NAMES_ERROR.test(text) ? 2 : 1);

/** Returns whether a line is one of the source, or a member of a printed object, that traces show. */
const isCode = (line: string, text: string): boolean =>
  (/^\s{2,}/.test(line) && !/^[×✖✗❌⚠╰├]/u.test(text)) ||
  /^(?:throw |const |let |var |return |import |raise |await |if ?\(|\d+ \| )/.test(text) ||
  /[;{[]$/.test(text);

/** Returns the message that begins at a line, with the lines that belong to it. */
function messageFrom(lines: readonly string[], index: number): string {
  const text = lines[index]!.trim();
  const logged = loggedIn(text);
  if (logged) return logged.message.slice(0, LONGEST);
  const words = [text.replace(NPM, '').replace(SIGNS, '')];
  const after = lines.slice(index + 1, index + 1 + MORE_LINES).map((line) => (endsMessage(line) ? '' : line.trim()));
  if (GOES_ON.test(text)) words.push(...after.slice(0, lengthOf(after)));
  return words.join(' ').slice(0, LONGEST);
}

const endsMessage = (line: string): boolean => STACK_FRAME.test(line) || EMPTY_WORDS.test(line.trim());

/** Returns the number of lines before the first empty one. */
const lengthOf = (lines: readonly string[]): number => (lines.includes('') ? lines.indexOf('') : lines.length);

/** Returns the message of a log line in JSON, as pino, winston, bunyan and structlog write it. */
function loggedIn(text: string): { message: string; isError: boolean } | undefined {
  if (!text.startsWith('{')) return undefined;
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(line)) return undefined;
  const inner = [line.err, line.error, line.exception].find(isObject);
  const message = [inner?.message, line.msg, line.message, line.event, line.error].find(
    (value): value is string => typeof value === 'string' && value !== '',
  );
  if (message === undefined) return undefined;
  const level = line.level ?? line.severity ?? line.levelname;
  return { message, isError: isErrorLevel(level) };
}

const isErrorLevel = (level: unknown): boolean =>
  typeof level === 'number' ? level >= 50 : typeof level === 'string' && ERROR_LEVEL.test(level);
