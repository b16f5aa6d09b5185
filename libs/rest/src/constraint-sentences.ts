import { getMetadataStorage, type ValidationError } from 'class-validator';
import { shortName } from '@manifold/async';

type Rule = (...constraints: never[]) => string;

/** Functions that make the sentence for a failed class-validator constraint, by its name. The sentence says what to write. */
const RULES: Readonly<Record<string, Rule>> = {
  isString: () => 'must be a string',
  isNotEmpty: () => 'must not be empty',
  isLength: (least: number, most: number) => `must be a string of ${least} to ${most} characters`,
  maxLength: (most: number) => `must be a string of at most ${most} characters`,
  isInt: () => 'must be a whole number',
  isNumber: () => 'must be a number',
  min: (least: number) => `must be a number of at least ${least}`,
  max: (most: number) => `must be a number of at most ${most}`,
  isBoolean: () => 'must be true or false',
  isIn: (values: readonly unknown[]) => `must be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
  equals: (value: unknown) => `must be ${JSON.stringify(value)}`,
  isArray: () => 'must be an array',
  arrayMaxSize: (most: number) => `must be an array of at most ${counted(most)}`,
  arrayMinSize: (least: number) => `must be an array of at least ${counted(least)}`,
  arrayNotEmpty: () => 'must be an array of at least 1 element',
  arrayUnique: () => 'must be an array without duplicates',
  isObject: () => 'must be an object',
  nestedValidation: () => 'must be an object',
  isRFC3339: () => 'must be a time as in RFC 3339, such as "2030-01-31T12:00:00Z"',
};

const counted = (count: number): string => `${count} element${count === 1 ? '' : 's'}`;

/**
 * Returns a sentence that says what is wrong with a field and what to write instead. A DTO's own message is kept. If the field is missing
 * or null, the sentence says so first.
 * @param name the constraint that failed
 * @param message the message of class-validator, or of the DTO
 */
export function constraintSentence(
  { target, property, value }: ValidationError,
  name: string,
  message: string,
): string {
  const rules = target ? getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', false, false) : [];
  if (name === 'whitelistValidation') {
    const known = [...new Set(rules.map(({ propertyName }) => propertyName))];
    return `"${shortName(property)}" is not a known field; known fields are: ${known.join(', ')}`;
  }
  const rule = rules.find((each) => each.propertyName === property && [each.name, each.type].includes(name));
  // class-validator stores its message for this rule as if the DTO had set it.
  const hasOwn = rule?.message !== undefined && name !== 'nestedValidation';
  const isDefault = rule !== undefined && !hasOwn && name in RULES;
  const subject = rule?.each ? `each value of ${property}` : property;
  const sentence = isDefault ? `${subject} ${RULES[name]!(...((rule.constraints ?? []) as never[]))}` : message;
  if (value !== undefined && value !== null) return sentence;
  return `${property} is ${value === null ? 'null' : 'missing'}: ${sentence.startsWith(`${property} `) ? `it${sentence.slice(property.length)}` : sentence}`;
}
