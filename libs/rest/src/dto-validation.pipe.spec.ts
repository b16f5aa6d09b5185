import { ValidationPipe } from '@nestjs/common';
import { IsObject, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { DtoValidationPipe } from './dto-validation.pipe.js';
import { FreeForm } from './free-form.decorator.js';
import { IfGiven, RefusesNull } from './if-given.decorator.js';
import { IgnoresUnknown, warningsFor } from './ignores-unknown.decorator.js';
import { ProblemError } from './problem.js';

class InnerDto {
  @IsString()
  value: string;
}

class BodyDto {
  @IsString()
  @MaxLength(5)
  name: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => InnerDto)
  inner?: InnerDto;
}

class FreeFormDto {
  @IsString()
  name: string;

  @FreeForm()
  @IsObject()
  args: Record<string, unknown>;
}

@IgnoresUnknown()
class LenientInnerDto {
  @IsOptional()
  @IsString()
  value?: string;
}

@IgnoresUnknown({ status: (value) => value === 'connected' })
class LenientDto {
  @IsString()
  name: string;

  @IfGiven()
  @IsString()
  note?: string;

  @IfGiven()
  @RefusesNull()
  @IsString()
  rule?: string;

  @FreeForm()
  @IfGiven()
  @IsObject()
  args?: object;

  @IsOptional()
  @ValidateNested()
  @Type(() => InnerDto)
  strict?: InnerDto;

  @IsOptional()
  @ValidateNested()
  @Type(() => LenientInnerDto)
  lenient?: LenientInnerDto;
}

const pipe = new DtoValidationPipe();
const check = (body: unknown): Promise<unknown> =>
  pipe.transform(body, { type: 'body', metatype: BodyDto }).catch((error: unknown) => error);

describe('DtoValidationPipe', () => {
  it('passes what fits', async () => {
    expect(await check({ name: 'a', inner: { value: 'b' } })).toEqual({ name: 'a', inner: { value: 'b' } });
  });

  it.each([
    [{ name: { $ne: null } }, '/name'],
    [{ name: 1 }, '/name'],
    [{ name: ['a'] }, '/name'],
    [{ name: 'too long' }, '/name'],
    [{}, '/name'],
    [{ name: 'a', role: 'admin' }, '/role'],
    [{ name: 'a', inner: { value: { $gt: '' } } }, '/inner/value'],
    [{ name: 'a', inner: { value: 'b', extra: 1 } }, '/inner/extra'],
  ])('refuses %j and names %s', async (body, pointer) => {
    const problem = (await check(body)) as ProblemError;
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it.each([undefined, null, 'text', 7, []])('refuses %j as a body', async (body) => {
    expect(await check(body)).toMatchObject({ status: 400 });
  });

  describe('with a body of many members', () => {
    const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));
    let transforming: jest.SpyInstance;
    beforeEach(() => (transforming = jest.spyOn(ValidationPipe.prototype, 'transform')));
    afterEach(() => transforming.mockRestore());

    it.each([
      ['in one object', { name: 'a', ...members(2_001) }],
      ['in an object below', { name: 'a', inner: members(2_001) }],
      ['in a list', { name: Array.from({ length: 2_001 }, () => 1) }],
      ['in all', { name: Array.from({ length: 11 }, () => Array.from({ length: 1_900 }, () => 1)) }],
    ])('refuses too many %s before class-transformer sees them', async (_where, body) => {
      expect(await check(body)).toMatchObject({ status: 413, code: 'payload_too_large' });
      expect(transforming).not.toHaveBeenCalled();
    });

    it('names at most 20 of the invalid fields', async () => {
      const problem = (await check({ name: 'a', ...members(1_000) })) as ProblemError;
      expect(problem.errors).toHaveLength(20);
      expect(problem.message).toMatch(/; and more$/);
    });

    it('names 20 invalid fields without more', async () => {
      const problem = (await check({ name: 'a', ...members(20) })) as ProblemError;
      expect(problem.errors).toHaveLength(20);
      expect(problem.message).not.toMatch(/and more$/);
    });

    it('cuts the name of an unknown field', async () => {
      const problem = (await check({ name: 'a', ['x'.repeat(1_000_000)]: 1 })) as ProblemError;
      expect(problem.errors[0]!.pointer.length).toBeLessThan(300);
      expect(problem.message).toMatch(
        /^"x{128}\.\.\. \(1000000 characters, sha256 [0-9a-f]{16}\)" is not a known field/,
      );
    });
  });

  describe('with a free-form field', () => {
    const given = (body: unknown): Promise<unknown> =>
      pipe.transform(body, { type: 'body', metatype: FreeFormDto }).catch((error: unknown) => error);

    it('passes the content on as it came, without a copy', async () => {
      const args = { ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n])), toString: 'a' };
      const body = { name: 'a', args };
      const dto = (await given(body)) as FreeFormDto;
      expect(dto).toBeInstanceOf(FreeFormDto);
      expect(dto.args).toBe(args);
      expect(body).toEqual({ name: 'a', args });
    });

    it.each([[[]], ['text'], [null], [undefined], [1]])('refuses %j instead of an object', async (args) => {
      expect(await given({ name: 'a', args })).toMatchObject({ status: 400, errors: [{ pointer: '/args' }] });
    });
  });

  describe('with a DTO that ignores unknown members', () => {
    const given = (body: unknown): Promise<unknown> =>
      pipe.transform(body, { type: 'body', metatype: LenientDto }).catch((error: unknown) => error);

    it('leaves them out, and has a warning for each', async () => {
      const dto = (await given({ name: 'a', role: 'admin', tenant: { id: 1 }, lenient: { more: 1 } })) as LenientDto;
      expect(dto).toEqual({ name: 'a', lenient: {} });
      expect(warningsFor(dto).warnings).toEqual([
        '"role" is not a known field and was ignored',
        '"tenant" is not a known field and was ignored',
        '"lenient.more" is not a known field and was ignored',
      ]);
    });

    it('reads null in optional members as absent, also in members that only the gateway sets', async () => {
      const dto = (await given({ name: 'a', note: null, args: null, status: null })) as LenientDto;
      expect(dto).toEqual({ name: 'a' });
      expect(warningsFor(dto)).toEqual({});
      class MoreDto extends LenientDto {}
      IgnoresUnknown()(MoreDto);
      const more = { name: 'a', note: null };
      expect(await pipe.transform(more, { type: 'body', metatype: MoreDto })).toEqual({ name: 'a' });
    });

    it.each([
      [{ name: null }, 'name is null: it must be a string'],
      [{ name: 'a', rule: null }, 'rule is null: it must be a string'],
      [{ name: 'a', lenient: { value: 1 }, strict: { value: null } }, 'value is null: it must be a string'],
    ])('refuses %j: %s', async (body, sentence) => {
      const problem = (await given(body)) as ProblemError;
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(problem.message).toContain(sentence);
    });

    it('has no warnings where there is nothing to warn of', async () => {
      expect(warningsFor((await given({ name: 'a', status: 'connected' })) as LenientDto)).toEqual({});
      expect(warningsFor(undefined)).toEqual({});
    });

    it('warns of a member that only the gateway sets if its value cannot have come from there', async () => {
      const dto = (await given({ name: 'a', status: 'super', more: 1 })) as LenientDto;
      expect(dto).toEqual({ name: 'a' });
      expect(warningsFor(dto, ['a third'])).toEqual({
        warnings: ['"more" is not a known field and was ignored', 'status cannot be set and was ignored', 'a third'],
      });
    });

    it.each([
      [{ name: 1, more: 1 }, '/name'],
      [{ more: 1 }, '/name'],
      [{ name: 'a', strict: { value: 'b', more: 1 } }, '/strict/more'],
      [{ name: 'a', lenient: { value: 1, more: 1 } }, '/lenient/value'],
    ])('refuses %j and names %s alone', async (body, pointer) => {
      const problem = (await given(body)) as ProblemError;
      expect([problem.status, problem.errors.map((fault) => fault.pointer)]).toEqual([400, [pointer]]);
    });

    it('counts the members first, and has at most 20 warnings with short names', async () => {
      const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));
      expect(await given({ name: 'a', ...members(2_001) })).toMatchObject({ status: 413 });
      const { warnings } = warningsFor(
        (await given({ ['x'.repeat(100_000)]: 1, name: 'a', ...members(1_000) })) as object,
      );
      expect(warnings).toHaveLength(20);
      expect(warnings![0]!.length).toBeLessThan(250);
      expect(warnings![19]).toBe('and 982 more warnings');
    });

    it('keeps prototypes as they are (threat 18)', async () => {
      const body = JSON.parse(
        '{"name":"a","__proto__":{"polluted":1},"constructor":null,"prototype":1,"toString":1,"hasOwnProperty":1}',
      ) as unknown;
      const dto = (await given(body)) as LenientDto & { polluted?: unknown };
      expect(dto).toBeInstanceOf(LenientDto);
      expect(Object.keys(dto)).toEqual(['name']);
      expect([dto.polluted, ({} as { polluted?: unknown }).polluted]).toEqual([undefined, undefined]);
    });
  });
});
