import { LogRing } from './log-ring.js';

const messages = (log: LogRing) => log.lines().map((line) => line.message);

describe('LogRing', () => {
  afterEach(() => jest.useRealTimers());
  /** Stops the clock, so that no second passes by. */
  const clock = () =>
    jest.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z'), doNotFake: ['nextTick', 'queueMicrotask'] });

  it('keeps lines in order with their time and level', () => {
    clock();
    const log = new LogRing();
    log.add('one');
    log.add('two', 'error');
    expect(log.lines()).toEqual([
      { time: '2026-01-02T03:04:05.000Z', level: 'info', message: 'one' },
      { time: '2026-01-02T03:04:05.000Z', level: 'error', message: 'two' },
    ]);
  });

  it('keeps the last 200 lines, and of long ones the last 64 KB', () => {
    clock();
    const log = new LogRing();
    for (let index = 0; index < 300; index += 1) log.add(`line ${index}`);
    expect(messages(log).slice(-200)).toEqual(Array.from({ length: 200 }, (_, index) => `line ${100 + index}`));
    for (let index = 0; index < 40; index += 1) {
      jest.advanceTimersByTime(1000);
      log.add('é'.repeat(2000));
    }
    const last = messages(log).slice(messages(log).findIndex((message) => message.endsWith('left out here')) + 1);
    const bytes = last.reduce((sum, message) => sum + Buffer.byteLength(message), 0);
    expect(bytes).toBeLessThanOrEqual(64 * 1024);
    expect(bytes).toBeGreaterThan(56 * 1024);
  });

  it('keeps the first 20 lines of a run, and says how many are left out after them', () => {
    clock();
    const log = new LogRing();
    log.add('of an earlier run');
    log.begin();
    for (let index = 0; index < 219; index += 1) log.add(`line ${index}`);
    expect(messages(log)).toEqual(Array.from({ length: 219 }, (_, index) => `line ${index}`));
    for (let index = 219; index < 300; index += 1) log.add(`line ${index}`);
    expect(messages(log).slice(0, 22)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => `line ${index}`),
      '80 lines are left out here',
      'line 100',
    ]);
    log.begin();
    log.add('of a later run');
    expect(messages(log)).toHaveLength(200);
    expect(messages(log).at(-1)).toBe('of a later run');
  });

  it('keeps no more than 16 KB of first lines', () => {
    clock();
    const log = new LogRing();
    for (let index = 0; index < 100; index += 1) {
      jest.advanceTimersByTime(1000);
      log.add('x'.repeat(4000));
    }
    expect(messages(log).findIndex((message) => message.endsWith('left out here'))).toBe(4);
  });

  it('takes 64 KB in a second and says what it dropped', () => {
    clock();
    const log = new LogRing();
    for (let index = 0; index < 100; index += 1) log.add('x'.repeat(1024));
    jest.advanceTimersByTime(1000);
    log.add('quiet again');
    expect(messages(log).slice(-2)).toEqual([
      '36864 bytes of log were dropped: more than 64 KB in a second',
      'quiet again',
    ]);
  });

  it('says that it drops also when nothing follows', () => {
    clock();
    const log = new LogRing();
    log.add('x'.repeat(65 * 1024));
    expect(messages(log)).toEqual(['66560 bytes of log were dropped: more than 64 KB in a second']);
    expect(log.lines()).toHaveLength(1);
  });

  it('takes out what a terminal would act on', () => {
    const log = new LogRing();
    log.add('\u001b[31mred\u001b[0m \u001b]0;title\u0007bell\u0007 a\tb\r\u0000 \u202eesrever \u009b2J');
    expect(messages(log)).toEqual(['red bell a b esrever ']);
  });

  it('cuts a long line after hiding its secrets', () => {
    const log = new LogRing();
    log.hide(['S3CRET-VALUE']);
    log.add(`${'x'.repeat(4090)}S3CRET-VALUE`);
    expect(messages(log)[0]).toHaveLength(4096);
    expect(messages(log)[0]).not.toContain('S3');
  });

  it('hides values that are in use, the longer one first, also when colour codes cut through them', () => {
    const log = new LogRing();
    log.hide(['hunter2', 'hunter2-and-more', 'abc']);
    log.add('a hunter2-and-more b hunter2 c hun\u001b[1mter2 abc');
    expect(messages(log)).toEqual(['a [secret] b [secret] c [secret] abc']);
  });

  it('hides each line of a secret that has several', () => {
    const log = new LogRing();
    log.hide(['-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n']);
    log.add('read MIIEvQIBADAN');
    expect(messages(log)).toEqual(['read [secret]']);
  });

  it('hides a value until its last user is done, and a few seconds longer', () => {
    clock();
    const log = new LogRing();
    log.hide(['hunter2']);
    log.hide(['hunter2']);
    log.reveal(['hunter2']);
    jest.advanceTimersByTime(60_000);
    log.add('1 hunter2');
    log.reveal(['hunter2']);
    jest.advanceTimersByTime(4000);
    log.add('2 hunter2');
    jest.advanceTimersByTime(60_000);
    log.add('3 hunter2');
    expect(messages(log)).toEqual(['1 [secret]', '2 [secret]', '3 hunter2']);
  });

  it('hides what looks like a token', () => {
    const log = new LogRing();
    log.add('Authorization: Bearer abcdefgh12345678 and basic dXNlcjpwYXNz.');
    log.add('got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl today');
    log.add('the bearer of good news');
    expect(messages(log)).toEqual([
      'Authorization: [secret] and [secret]',
      'got [secret] today',
      'the bearer of good news',
    ]);
  });
});
