import { readdirSync, readFileSync } from 'node:fs';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayNotEmpty,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsRFC3339,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { DtoValidationPipe } from './dto-validation.pipe.js';
import { IfGiven } from './if-given.decorator.js';
import type { ProblemError } from './problem.js';

const DECORATORS = {
  ArrayMaxSize: [ArrayMaxSize(2), [1, 2, 3], 'field must be an array of at most 2 elements'],
  ArrayMinSize: [ArrayMinSize(1), [], 'field must be an array of at least 1 element'],
  ArrayNotEmpty: [ArrayNotEmpty(), [], 'field must be an array of at least 1 element'],
  ArrayUnique: [ArrayUnique(), [1, 1], 'field must be an array without duplicates'],
  Equals: [Equals(1), 2, 'field must be 1'],
  IsArray: [IsArray(), {}, 'field must be an array'],
  IsBoolean: [IsBoolean(), 'yes', 'field must be true or false'],
  IsIn: [IsIn(['a', 'b']), 'c', 'field must be one of "a", "b"'],
  IsInt: [IsInt(), 1.5, 'field must be a whole number'],
  IsNotEmpty: [IsNotEmpty(), '', 'field must not be empty'],
  IsNumber: [IsNumber(), '1', 'field must be a number'],
  IsObject: [IsObject(), 1, 'field must be an object'],
  IsRFC3339: [IsRFC3339(), 'now', 'field must be a time as in RFC 3339, such as "2030-01-31T12:00:00Z"'],
  IsString: [IsString(), 1, 'field must be a string'],
  Length: [Length(1, 3), 'abcd', 'field must be a string of 1 to 3 characters'],
  Max: [Max(3), 4, 'field must be a number of at most 3'],
  MaxLength: [MaxLength(3), 'abcd', 'field must be a string of at most 3 characters'],
  Min: [Min(3), 2, 'field must be a number of at least 3'],
  ValidateNested: [ValidateNested(), 1, 'field must be an object'],
} as const;

/** Those that check nothing, or for which each DTO writes the message. */
const WITHOUT_RULE = ['IsOptional', 'Matches', 'ValidateBy', 'ValidateIf', 'ValidationError'];

class OtherDto {
  @IsString()
  value: string;
}

class BodyDto {
  @Matches(/^a+$/, { message: 'name must be one letter a or more' })
  name: string;

  @IfGiven()
  @IsString({ each: true })
  tags?: string[];

  @IfGiven()
  @ValidateNested()
  @Type(() => OtherDto)
  other?: OtherDto;
}

const errorsOf = async (metatype: new () => object, body: object): Promise<string[]> => {
  const problem = (await new DtoValidationPipe()
    .transform(body, { type: 'body', metatype })
    .catch((e: unknown) => e)) as ProblemError;
  return problem.errors.map(({ detail }) => detail);
};

describe('A field that does not fit', () => {
  it.each(Object.entries(DECORATORS))('is told by %s what it must be', async (_name, [decorator, value, sentence]) => {
    class FieldDto {
      field: unknown;
    }
    decorator(FieldDto.prototype, 'field');
    expect(await errorsOf(FieldDto, { field: value })).toEqual([sentence]);
  });

  it.each<[string, object, string]>([
    ['an unknown one', { name: 'a', type: 1 }, '"type" is not a known field; known fields are: name, tags, other'],
    [
      'an unknown one further down',
      { name: 'a', other: { value: 'b', type: 1 } },
      '"type" is not a known field; known fields are: value',
    ],
    ['one with a message of its own', { name: 'b' }, 'name must be one letter a or more'],
    ['a missing one with a message of its own', {}, 'name is missing: it must be one letter a or more'],
    ['a missing one', { name: 'a', other: {} }, 'value is missing: it must be a string'],
    ['a list', { name: 'a', tags: ['b', 1] }, 'each value of tags must be a string'],
  ])('is told in a sentence: %s', async (_name, body, sentence) => {
    expect(await errorsOf(BodyDto, body)).toEqual([sentence]);
  });

  it('has a sentence for each rule that the gateway uses', () => {
    const files = readdirSync('libs', { recursive: true, encoding: 'utf8' }).filter((file) => /\.ts$/.test(file));
    const names = files
      .filter((file) => !file.endsWith('.spec.ts'))
      .flatMap((file) => readFileSync(`libs/${file}`, 'utf8').match(/import \{[^}]*\} from 'class-validator'/) ?? [])
      .flatMap((text) => [...text.matchAll(/(?<=[\s{])([A-Z]\w+)(?=\s*[,}])/g)].map(([, name]) => name!));
    expect(names).toContain('IsString');
    const known = [...Object.keys(DECORATORS), ...WITHOUT_RULE];
    expect([...new Set(names)].filter((name) => !known.includes(name))).toEqual([]);
  });
});
