import { posix } from 'node:path';

/** The existing things that references may name. */
export interface Known {
  /** Paths from the root, of files and folders. */
  readonly paths: ReadonlySet<string>;
  /** Rows of the table of docs/THREATS.md. */
  readonly threats: ReadonlySet<number>;
  /** Environment variables that the gateway reads, and those of other programs that documents explain. */
  readonly settings: ReadonlySet<string>;
  /** Anchors of the headings of a Markdown file, by its path. */
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>;
}

const THREATS = /\bthreats?\s+(\d+(?:(?:,\s*|\s+and\s+|\s+to\s+)\d+)*)/gi;
/** A document name. It must not be part of a URL, and not be composed in a template. */
const DOCUMENT = /(?<![\w./}-])((?:\.{1,2}\/|[\w-]+\/)*[A-Z][\w-]*\.md)\b/g;
const PATH = /`((?:apps|bench|deploy|docs|libs|scripts|test|tools\/(?:conformance|helm)|\.github|\.ci)\/[\w./-]+)`/g;
const SOURCE_FILE = /`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|mts|mjs|cjs))`/g;
const LINK = /\]\((?!https?:|mailto:)([^()\s#]*)(?:#([\w-]+))?\)/g;
const SETTING = /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g;

/** Finds references in a text to things that do not exist. Each fault names the thing and its kind. */
export function danglingReferences(file: string, text: string, known: Known): string[] {
  const isDocument = file.endsWith('.md');
  const faults = [...threatFaults(text, known), ...documentFaults(file, text, known), ...pathFaults(text, known)];
  if (isDocument)
    faults.push(...sourceFaults(text, known), ...linkFaults(file, text, known), ...settingFaults(text, known));
  return faults.map((fault) => `${file}: ${fault}`);
}

/** Reads the numbers of "threat 5", "threats 1 to 6" and "threats 14, 16 and 48". */
export function threatsIn(text: string): number[] {
  return matches(text, THREATS).flatMap((list) => {
    const parts = list.split(/,\s*|\s+and\s+/);
    return parts.flatMap((part) => {
      const [first, last = first] = part.split(/\s+to\s+/).map(Number);
      return Array.from({ length: Math.max(1, last! - first! + 1) }, (_, index) => first! + index);
    });
  });
}

/** Reads the numbers of the rows between the heading "Threats" and the next one. */
export function threatRows(document: string): Set<number> {
  const section = /^## Threats\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(document)?.[1] ?? '';
  return new Set(matches(section, /^\|\s*(\d+)\s*\|/gm).map(Number));
}

/** Makes the anchors of headings as GitHub does. */
export function anchorsOf(document: string): Set<string> {
  const headings = matches(document.replaceAll(/^```[\s\S]*?^```/gm, ''), /^#{1,6} +(.+)$/gm);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const threatFaults = (text: string, { threats }: Known): string[] =>
  threatsIn(text)
    .filter((number) => !threats.has(number))
    .map((number) => `threat ${number} is no row of docs/THREATS.md`);

const documentFaults = (file: string, text: string, { paths }: Known): string[] =>
  matches(text, DOCUMENT)
    .filter((name) => !paths.has(posix.normalize(name)) && !paths.has(besides(file, name)))
    .map((name) => `there is no document ${name}`);

const pathFaults = (text: string, { paths }: Known): string[] =>
  matches(text, PATH)
    .filter((path) => !paths.has(path.replace(/\/$/, '')))
    .map((path) => `there is no path ${path}`);

/** Checks names of source files. Documents may name a file by the end of its path, if that is unambiguous. */
function sourceFaults(text: string, { paths }: Known): string[] {
  const all = [...paths];
  return matches(text, SOURCE_FILE)
    .filter((name) => !paths.has(name) && !all.some((path) => path.endsWith(`/${name}`)))
    .map((name) => `there is no file ${name}`);
}

const linkFaults = (file: string, text: string, { paths, anchors }: Known): string[] =>
  [...text.matchAll(LINK)].flatMap(([, path = '', anchor]) => {
    const target = path === '' ? file : besides(file, path);
    if (!paths.has(target)) return [`there is no ${path}, which a link names`];
    if (anchor === undefined || anchors.get(target)?.has(anchor) === true) return [];
    return [`${target} has no heading #${anchor}`];
  });

const settingFaults = (text: string, { settings }: Known): string[] =>
  matches(text, SETTING)
    .filter((name) => !settings.has(name))
    .map((name) => `nothing reads the setting ${name}`);

const besides = (file: string, path: string): string => posix.normalize(posix.join(posix.dirname(file), path));

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1]!);
