import { hiddenForms, secretForms } from './secret-forms.js';

describe('The forms of a secret', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    jest.advanceTimersByTime(1); // at 0, the cache keeps no times
  });
  afterEach(() => jest.useRealTimers());

  it('are computed once for all calls that use it', () => {
    const forms = secretForms('a token of a user');
    expect(secretForms('a token of a user')).toBe(forms);
    expect(hiddenForms(['a token of a user'])).toEqual(forms);
  });

  it('are forgotten a minute later, whether or not another secret is used', async () => {
    const forms = secretForms('a token of long ago');
    await jest.advanceTimersByTimeAsync(59_000);
    expect(secretForms('a token of long ago')).toBe(forms);
    await jest.advanceTimersByTimeAsync(2000);
    expect([jest.getTimerCount(), secretForms('a token of long ago') === forms]).toEqual([0, false]);
    expect(secretForms('a token of long ago')).toEqual(forms);
  });

  it('of short values are none, except in logs', () => {
    expect(secretForms('seven77')).toEqual([]);
    expect(hiddenForms(['seven77'])).toEqual(['seven77']);
  });
});

it('does not keep the forms of all of many secrets', () => {
  const first = secretForms('token number 0');
  for (let count = 1; count <= 1000; count += 1) secretForms(`token number ${count}`);
  expect(secretForms('token number 0')).not.toBe(first);
});
