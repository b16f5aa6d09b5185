/** A default: text as an operator writes it, or a value that is converted to that text. */
type Written = string | number | boolean;

/** The declaration of one setting. The gateway reads settings by it, and scripts generate `.env.example` and docs/OPERATIONS.md from it. */
export interface Setting<T> {
  /** @throws InvalidSettingError */
  readonly parse: (text: string) => T;
  /** The effect of the setting and its unit: one or two sentences of Markdown. */
  readonly meaning: string;
  /** The value when the operator sets none. Without a default the value is then undefined. */
  readonly default?: Written | { readonly development: Written; readonly production: Written };
  /** The text in the documentation in place of the default. Without it and without a default, the documentation says "none". */
  readonly unset?: string;
  /** Whether the value is a secret of the gateway. */
  readonly secret?: true;
  /** Whether `<NAME>_FILE` may name a file that holds the value. */
  readonly file?: true;
}

/** Declares one setting. */
export function setting<T>(declared: Setting<T> & { readonly default: NonNullable<Setting<T>['default']> }): Setting<T>;
export function setting<T>(declared: Setting<T>): Setting<T | undefined>;
export function setting<T>(declared: Setting<T>): Setting<T | undefined> {
  return declared;
}

/** Settings that are documented together. */
export interface SettingGroup<S extends Readonly<Record<string, Setting<unknown>>> = Record<string, Setting<unknown>>> {
  readonly title: string;
  /** An introduction to the group: Markdown. */
  readonly about?: string;
  readonly settings: S;
}

/** Declares a group of settings. */
export const settingGroup = <S extends Readonly<Record<string, Setting<unknown>>>>(
  group: SettingGroup<S>,
): SettingGroup<S> => group;

/** The values of the settings of a group, by name. */
export type Values<G extends SettingGroup> = {
  readonly [Name in keyof G['settings']]: ReturnType<G['settings'][Name]['parse']>;
};

/**
 * Error: the value of a setting is invalid. The message says what is wrong and what to write, separated by a semicolon. It continues a line
 * after the setting's name, and never contains the value.
 */
export class InvalidSettingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidSettingError';
  }
}
