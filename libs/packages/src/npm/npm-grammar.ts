import npa from 'npm-package-arg';
import semver from 'semver';
import { PackageNotAllowedError } from '../model/package-grammar.js';

const MAX_NAME_LENGTH = 214;
const MAX_VERSION_LENGTH = 100;
/** Pattern of names. No part begins with a dot or a dash, because `..` is a folder and `-x` is an option. */
const NAME = /^(?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i;
const RANGE = /^[\w.+^~<>=|*-][\w.+^~<>=|* -]*$/;
const TAG = /^[a-z][\w.-]*$/i;

/** @returns the text if it is a valid name of a registry package. @throws PackageNotAllowedError */
export function packageName(text: string): string {
  const isName = text.length <= MAX_NAME_LENGTH && NAME.test(text) && typeOf(`${text}@*`) === 'range';
  if (!isName)
    throw new PackageNotAllowedError(
      'name',
      'The name must be that of an npm package, like "server" or "@scope/server"',
    );
  return text;
}

/**
 * @returns the text if it is an exact version, a range or a dist-tag
 * @throws PackageNotAllowedError for anything else that npm accepts, such as a URL
 */
export function versionSpec(text: string): string {
  const isShort = text.length <= MAX_VERSION_LENGTH && text === text.trim();
  const isVersion = isShort && ((RANGE.test(text) && semver.validRange(text) !== null) || TAG.test(text));
  if (!isVersion || !['version', 'range', 'tag'].includes(typeOf(`name@${text}`) ?? '')) {
    throw new PackageNotAllowedError(
      'version',
      'The version must be a version, a range or a tag, like "1.2.3", "^1.2.0" or "latest"',
    );
  }
  return text;
}

/** Returns the type that npm assigns to a specifier; undefined if npm refuses it. */
function typeOf(spec: string): string | undefined {
  try {
    return npa(spec).type;
  } catch {
    return undefined;
  }
}
