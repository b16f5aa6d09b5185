import { list, type Parser } from '../model/parsers.js';
import {
  COMMAND,
  ROLE_NAMES,
  SCRIPT_PACKAGE,
  SCRIPT_WORDS,
  STDIO_WORDS,
  type RoleName,
  type RunPolicyConfig,
  type ScriptRule,
  type StdioRule,
} from '../model/run-policy.js';
import { InvalidSettingError, setting, settingGroup, type Values } from '../model/setting.js';

/** Returns a parser for one of the words, or for a list whose items match the pattern. */
const wordOrList =
  <const Word extends string>(words: readonly Word[], item: RegExp, remedy: string): Parser<Word | readonly string[]> =>
  (written) => {
    const word = words.find((one) => one === written);
    if (word !== undefined) return word;
    const items = list(written);
    if (items.length > 0 && items.every((one) => item.test(one) && !words.some((reserved) => reserved === one)))
      return items;
    throw new InvalidSettingError(`is not one of its values; write ${remedy}`);
  };

const stdioRule: Parser<StdioRule> = wordOrList(
  STDIO_WORDS,
  COMMAND,
  'none, packages, any, or commands separated by commas, such as node /opt/servers/*.js',
);

const scriptRule: Parser<ScriptRule> = wordOrList(
  SCRIPT_WORDS,
  SCRIPT_PACKAGE,
  'never, yes, or packages separated by commas, such as node:better-sqlite3, python:lxml',
);

const roles: Parser<readonly RoleName[]> = (written) => {
  const named = list(written);
  const known = ROLE_NAMES.filter((role) => named.includes(role));
  if (known.length === new Set(named).size) return known;
  throw new InvalidSettingError(`names an unknown role; write roles separated by commas: ${ROLE_NAMES.join(', ')}`);
};

export const runPolicy = settingGroup({
  title: 'Rules for programs and roles',
  about: 'See [Rules for programs and roles](#rules-for-programs-and-roles).',
  settings: {
    STDIO_SERVERS: setting({
      parse: stdioRule,
      default: 'any',
      meaning:
        'The stdio servers that any tenant may have: `none`, `packages`, `any`, or packages and the listed commands, separated by commas.',
    }),
    INSTALL_SCRIPTS: setting({
      parse: scriptRule,
      default: 'yes',
      meaning:
        'The packages that may run code while they are installed (`allowScripts`): `never`, `yes`, or packages separated by commas, such as `node:better-sqlite3, python:lxml`.',
    }),
    TENANT_STDIO_SERVERS: setting({
      parse: stdioRule,
      default: 'packages',
      meaning: 'The same as `STDIO_SERVERS`, for tenants other than `default` whose settings have no `policy.stdio`.',
    }),
    TENANT_INSTALL_SCRIPTS: setting({
      parse: scriptRule,
      default: 'never',
      meaning:
        'The same as `INSTALL_SCRIPTS`, for tenants other than `default` whose settings have no `policy.allowScripts`.',
    }),
    TENANT_GRANTABLE_ROLES: setting({
      parse: roles,
      default: 'user,admin,service',
      meaning:
        'The roles that admins of tenants other than `default` may give to API keys, unless the settings of the tenant have `policy.grantableRoles`.',
    }),
  },
});

export const runPolicyConfig = (values: Values<typeof runPolicy>): RunPolicyConfig => ({
  stdio: values.STDIO_SERVERS,
  scripts: values.INSTALL_SCRIPTS,
  tenants: {
    stdio: values.TENANT_STDIO_SERVERS,
    scripts: values.TENANT_INSTALL_SCRIPTS,
    grantableRoles: values.TENANT_GRANTABLE_ROLES,
  },
});
