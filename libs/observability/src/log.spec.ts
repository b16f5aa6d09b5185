import { Logger } from '@nestjs/common';
import { createLog, PinoLogger } from './log.js';

const lines: string[] = [];
const stream = { write: (line: string) => void lines.push(line) };
const last = (): Record<string, unknown> => JSON.parse(lines.at(-1)!) as Record<string, unknown>;

describe('the log', () => {
  const logger = new PinoLogger(createLog('info', stream));

  beforeEach(() => (lines.length = 0));

  it('writes one JSON line with time, level, context and fields', () => {
    Logger.overrideLogger(logger);
    new Logger('Somewhere').warn({ msg: 'hello', server: 'a' });
    Logger.overrideLogger(false);
    expect(lines).toHaveLength(1);
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      context: 'Somewhere',
      msg: 'hello',
      server: 'a',
    });
  });

  it.each([
    { token: 'canary-1' },
    { headers: { authorization: 'Bearer canary-2' } },
    { request: { headers: { 'x-api-key': 'canary-3' } } },
    { body: { secretValue: 'canary-4' } },
    { principal: { credential: 'canary-5' } },
  ])('does not write what is confidential: %j', (fields) => {
    logger.log({ msg: 'x', ...fields });
    expect(lines.at(-1)).not.toContain('canary');
    expect(lines.at(-1)).toContain('[redacted]');
  });

  it('writes of an error its chain of causes, and nothing that libraries hang on it', () => {
    const cause = Object.assign(new Error('socket closed'), {
      request: { headers: { cookie: 'canary' } },
      code: 'ECONNRESET',
    });
    logger.error({ msg: 'failed', err: new Error('no answer', { cause }) });
    expect(last().err).toMatchObject({
      type: 'Error',
      message: 'no answer',
      cause: { message: 'socket closed', code: 'ECONNRESET' },
    });
    expect(lines.at(-1)).not.toContain('canary');
  });

  it('leaves out what is below its level', () => {
    logger.debug('nothing');
    expect(lines).toEqual([]);
  });

  it('keeps line breaks of outsiders inside their line', () => {
    logger.log({ msg: 'a\n{"level":"fatal"}', server: 'b\r\nc' });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trimEnd()).not.toMatch(/[\r\n]/);
  });
});
