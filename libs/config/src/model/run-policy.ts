export const STDIO_WORDS = ['none', 'packages', 'any'] as const;
export const SCRIPT_WORDS = ['never', 'yes'] as const;
export const ROLE_NAMES = ['user', 'operator', 'admin', 'service'] as const;

/** The stdio servers that may run: none, installed packages, any, or packages and the commands that match one of the patterns. */
export type StdioRule = (typeof STDIO_WORDS)[number] | readonly string[];

/** The packages that may run code while they are installed: none, all, or those that match one of the patterns. */
export type ScriptRule = (typeof SCRIPT_WORDS)[number] | readonly string[];

export type RoleName = (typeof ROLE_NAMES)[number];

/** Settings of the rules for programs and roles. */
export interface RunPolicyConfig {
  /** The rules that hold for every tenant. */
  readonly stdio: StdioRule;
  readonly scripts: ScriptRule;
  /** The rules of tenants other than `default` whose own settings have none. */
  readonly tenants: {
    readonly stdio: StdioRule;
    readonly scripts: ScriptRule;
    /** The roles that an admin of the tenant may give to API keys. */
    readonly grantableRoles: readonly RoleName[];
  };
}

/** Form of a pattern in a `ScriptRule`: the runtime, and the name of a package in which `*` stands for any characters. */
export const SCRIPT_PACKAGE = /^(?:node|python):[A-Za-z0-9@/._*-]{1,256}$/;

/** Form of a pattern in a `StdioRule`: words with one space between them, in which `*` stands for any characters. */
export const COMMAND = /^[^\p{C}\p{Z},]+(?: [^\p{C}\p{Z},]+)*$/u;
