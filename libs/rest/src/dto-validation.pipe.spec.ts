import { IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { DtoValidationPipe, Problem } from './index.js';

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
    const problem = (await check(body)) as Problem;
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it.each([undefined, null, 'text', 7, []])('refuses %j as a body', async (body) => {
    expect(await check(body)).toMatchObject({ status: 400 });
  });
});
