// `npm run settings`: writes .env.example and the tables of docs/OPERATIONS.md from the declarations in libs/config. With --check it only
// compares them, and the exit code is 1 if one differs.
import '../test/support/typescript.mjs';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const { GROUPS } = await import('../libs/config/src/settings.ts');

const WIDTH = 120;
const MARKED = /(?<=<!-- settings:begin[^>]*-->\n)[^]*(?=<!-- settings:end -->)/;

const code = (value) => `\`${value}\``;

/** Returns the value that applies when a setting is not set, in Markdown. */
function defaultText({ default: value, unset }) {
  if (unset !== undefined) return unset;
  if (typeof value === 'object') return `${code(value.development)}, in production ${code(value.production)}`;
  return value === undefined || value === '' ? 'none' : code(value);
}

function tables() {
  const cell = (text) => text.replaceAll('|', '\\|');
  const row = ([name, setting]) => {
    const file = setting.file ? ` ${code(`${name}_FILE`)} may name a file that holds it.` : '';
    const meaning = `${setting.meaning}${setting.secret ? ' Secret.' : ''}${file}`;
    return `| ${code(name)} | ${cell(defaultText(setting))} | ${cell(meaning)} |`;
  };
  return GROUPS.map(({ title, about, settings }) =>
    [
      `\n**${title}${about ? `.** ${about}` : '**'}\n`,
      '| setting | default | meaning |',
      '| --- | --- | --- |',
      ...Object.entries(settings).map(row),
      '',
    ].join('\n'),
  ).join('');
}

/** Replaces the tables in the document. */
function operations(text) {
  if (!MARKED.test(text))
    throw new Error('docs/OPERATIONS.md has no place for the settings: settings:begin, settings:end');
  return text.replace(MARKED, () => `${tables()}\n`);
}

/** Converts Markdown to plain text. */
const plain = (text) => text.replaceAll(/\[([^\]]+)\]\(#[^)]*\)/g, '$1 in docs/OPERATIONS.md').replaceAll('`', '');

function comment(text) {
  const lines = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(`# ${word}`);
  }
  return lines.join('\n');
}

function example() {
  const lines = ([name, setting]) => {
    const isWritten = setting.unset === undefined && typeof setting.default !== 'object';
    const unset = isWritten || setting.unset === 'none' ? '' : ` Default: ${defaultText(setting)}.`;
    return [
      comment(plain(`${setting.meaning}${unset}`)),
      `#${name}=${isWritten ? (setting.default ?? '') : ''}`,
      ...(setting.file ? [`#${name}_FILE=`] : []),
    ].join('\n');
  };
  const group = ({ title, about, settings }) =>
    [
      `# ${'-'.repeat(WIDTH - title.length - 3)} ${title}`,
      ...(about ? [comment(plain(about))] : []),
      ...Object.entries(settings).map((entry) => `\n${lines(entry)}`),
      '',
    ].join('\n');
  const head = [
    'Every setting of the gateway. Copy this file to .env, take the # away before what you need, and change it: nothing has to be set for a try on a laptop.',
    'An empty value means the default. NAME_FILE is the path of a file that holds the value of NAME: for secrets that are mounted as files.',
    '`npm run settings` writes this file, from the declarations in libs/config.',
  ];
  return `${head.map((text) => comment(plain(text))).join('\n')}\n\n${GROUPS.map(group).join('\n')}`;
}

const isCheck = process.argv.includes('--check');

async function bring(name, textOf) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const present = readFileSync(file, 'utf8');
  const wanted = await textOf(present, file);
  if (wanted === present) return;
  if (!isCheck) return writeFileSync(file, wanted);
  console.error(`${name} is not as libs/config declares the settings: run "npm run settings"`);
  process.exitCode = 1;
}

await bring('.env.example', example);
await bring('docs/OPERATIONS.md', async (text, file) =>
  format(operations(text), { ...(await resolveConfig(file)), filepath: file }),
);
