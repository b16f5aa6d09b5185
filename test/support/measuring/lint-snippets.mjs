/*
 * Lints code with the project's rules against measurements in a test worker. The argument is a JSON object of code by file name; the output
 * is a JSON object of messages by file name. Without an argument it lints all specs and the files that they share. It is a separate program
 * because a test worker cannot import ESLint's settings.
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
const note = (file, messages) => (found[file] = messages.map(({ message }) => message));
if (process.argv[2] === undefined) {
  const files = ['**/*.spec.ts', '**/testing/**/*.ts', 'test/**/*.ts'];
  for (const { filePath, messages } of await eslint.lintFiles(files)) note(path.relative(root, filePath), messages);
} else {
  for (const [file, code] of Object.entries(JSON.parse(process.argv[2]))) {
    const [{ messages }] = await eslint.lintText(code, { filePath: path.join(root, file) });
    note(file, messages);
  }
}
console.log(JSON.stringify(found));
