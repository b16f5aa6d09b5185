import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { openCall, type OpenCall } from './call-context.js';

describe('The deadline of a call', () => {
  let call: OpenCall;
  const reason = (): unknown => call.context.cancellation.reason;

  beforeEach(() => {
    jest.useFakeTimers();
    call = openCall({ principal: fixturePrincipal('alice'), requestId: 'request-1', timeoutMs: 10_000 });
  });
  afterEach(() => {
    call.close();
    jest.useRealTimers();
  });

  it('can be brought forward, from the time when that is said', () => {
    jest.advanceTimersByTime(5_000);
    call.context.shorten!(1_000);
    jest.advanceTimersByTime(999);
    expect(reason()).toBeUndefined();
    jest.advanceTimersByTime(1);
    expect(reason()).toMatchObject({ code: 'timeout', message: 'No answer within 1000 ms' });
  });

  it('is never put off', () => {
    jest.advanceTimersByTime(5_000);
    call.context.shorten!(6_000);
    jest.advanceTimersByTime(5_000);
    expect(reason()).toMatchObject({ message: 'No answer within 10000 ms' });
  });

  it('waits for a client that was asked something', () => {
    call.pause();
    call.context.shorten!(1_000);
    jest.advanceTimersByTime(60_000);
    expect(reason()).toBeUndefined();
    call.resume();
    jest.advanceTimersByTime(1_000);
    expect(reason()).toMatchObject({ code: 'timeout' });
  });

  it('is gone when the call has ended', () => {
    call.close();
    call.context.shorten!(1_000);
    jest.advanceTimersByTime(60_000);
    expect(reason()).toBeUndefined();
  });
});
