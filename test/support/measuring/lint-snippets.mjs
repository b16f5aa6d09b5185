/*
 * Lints code by the project's own settings. Its argument is a JSON object of code by file name; it prints one of messages by file name.
 * A program of its own, because a test worker cannot import ESLint's settings.
 */
import path from 'node:path';
import { ESLint } from 'eslint';

const root = path.join(import.meta.dirname, '../../..');
const eslint = new ESLint({
  cwd: root,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
});
const found = {};
for (const [file, code] of Object.entries(JSON.parse(process.argv[2]))) {
  const [{ messages }] = await eslint.lintText(code, { filePath: path.join(root, file) });
  found[file] = messages.map(({ message }) => message);
}
console.log(JSON.stringify(found));
