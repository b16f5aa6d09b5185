import { ValidationPipe } from '@nestjs/common';
import { IsObject, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { DtoValidationPipe } from './dto-validation.pipe.js';
import { FreeForm } from './free-form.decorator.js';
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
});
