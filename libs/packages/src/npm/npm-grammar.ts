import npa from 'npm-package-arg';
import semver from 'semver';
import { NotAllowed } from '../package-grammar.js';

const MAX_NAME_LENGTH = 214;
const MAX_VERSION_LENGTH = 100;
/** A part never begins with a dot or a dash: `..` is a folder, and `-x` an option. */
const NAME = /^(?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i;
const RANGE = /^[\w.+^~<>=|*-][\w.+^~<>=|* -]*$/;
const TAG = /^[a-z][\w.-]*$/i;

/** @returns the text, when it is a name that a registry can have. @throws NotAllowed */
export function packageName(text: string): string {
  const isName = text.length <= MAX_NAME_LENGTH && NAME.test(text) && typeOf(`${text}@*`) === 'range';
  if (!isName)
    throw new NotAllowed('name', 'The name must be that of an npm package, like "server" or "@scope/server"');
  return text;
}

/** @returns the text, when it is an exact version, a range or a dist-tag. @throws NotAllowed for all else that npm understands */
export function versionSpec(text: string): string {
  const isShort = text.length <= MAX_VERSION_LENGTH && text === text.trim();
  const isVersion = isShort && ((RANGE.test(text) && semver.validRange(text) !== null) || TAG.test(text));
  if (!isVersion || !['version', 'range', 'tag'].includes(typeOf(`name@${text}`) ?? '')) {
    throw new NotAllowed(
      'version',
      'The version must be a version, a range or a tag, like "1.2.3", "^1.2.0" or "latest"',
    );
  }
  return text;
}

/** What npm itself takes it for; undefined where it refuses it. */
function typeOf(spec: string): string | undefined {
  try {
    return npa(spec).type;
  } catch {
    return undefined;
  }
}
