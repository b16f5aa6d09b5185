import { readFileSync } from 'node:fs';
import { excludes } from './model/faults.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the value of a variable, or the content of the file that `<NAME>_FILE` names. A file keeps a secret out of the environment of the
 * process, which everyone with permission to describe its container can see. One line break at the end of the file is removed, because
 * editors add it.
 * @param faults gets lines with variables and paths, never with the content of a file
 */
export function valueOrFile(name: string, environment: Environment, faults: string[]): string | undefined {
  const { [name]: value, [`${name}_FILE`]: path } = environment;
  if (!path) return value;
  if (value) faults.push(excludes(name, `${name}_FILE`));
  try {
    const content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (content !== '') return content;
    faults.push(`${name}_FILE: the file is empty; write the value of ${name} into ${path}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${name}_FILE: the file cannot be read (${code}); make ${path} readable for this user`);
  }
  return undefined;
}
