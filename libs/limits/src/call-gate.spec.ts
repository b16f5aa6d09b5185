import type { CallIdentity } from './call-gate.js';
import { testGate } from '@manifold/limits/testing';
import { Tenants, type TenantLimits } from '@manifold/tenants';

const call = (principal = 'alice', app = 'files', tenant = 'default'): CallIdentity => ({
  tenant,
  principal,
  provider: 'mcp-servers',
  app,
});

const refusal = (enter: () => unknown): unknown => {
  try {
    enter();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('The gate of calls', () => {
  it('lets everything through where no limit is set', () => {
    const gate = testGate();
    for (let count = 0; count < 100; count += 1) gate.acquire(call());
  });

  it('counts calls of a principal over all servers', () => {
    const gate = testGate({ RATE_LIMIT_PER_PRINCIPAL: '2' });
    gate.acquire(call('alice', 'files')).release('answered');
    gate.acquire(call('alice', 'mail')).release('answered');
    expect(refusal(() => gate.acquire(call()))).toMatchObject({ kind: 'principal_rate', retryAfter: 60 });
    gate.acquire(call('bob'));
  });

  it('counts calls of a server over all principals, but of one tenant', () => {
    const gate = testGate({ RATE_LIMIT_PER_SERVER: '2' });
    gate.acquire(call('alice'));
    gate.acquire(call('bob'));
    expect(refusal(() => gate.acquire(call('carol')))).toMatchObject({ kind: 'server_rate' });
    gate.acquire(call('carol', 'mail'));
    gate.acquire(call('carol', 'files', 'other'));
  });

  it('frees a place when a call has ended, however, and none for what it refused', () => {
    const gate = testGate({ CALLS_MAX_PER_PRINCIPAL: '2', CALLS_MAX_PER_SERVER: '2' });
    const first = gate.acquire(call('alice'));
    gate.acquire(call('bob'));
    expect(refusal(() => gate.acquire(call('alice')))).toMatchObject({ kind: 'server_calls', retryAfter: 1 });
    const other = gate.acquire(call('alice', 'mail'));
    expect(refusal(() => gate.acquire(call('alice', 'mail')))).toMatchObject({ kind: 'principal_calls' });
    first.release('unknown');
    other.release('unavailable');
    gate.acquire(call('alice'));
    gate.acquire(call('alice', 'mail'));
  });

  it('keeps calls away from a server that fails, and from no other', () => {
    const gate = testGate({ BREAKER_FAILURES: '2', CALLS_MAX_PER_SERVER: '1' });
    gate.acquire(call('alice')).release('timeout');
    gate.acquire(call('bob')).release('timeout');
    const refused = { kind: 'breaker', retryAfter: 1 };
    expect(refusal(() => gate.acquire(call('carol')))).toMatchObject(refused);
    expect(refusal(() => gate.acquire(call('carol')))).toMatchObject(refused); // the place was given back
    gate.acquire(call('carol', 'mail'));
  });

  it('never leaves a server alone where that is off', () => {
    const gate = testGate({ BREAKER_FAILURES: '0' });
    for (let count = 0; count < 20; count += 1) gate.acquire(call(String(count))).release('timeout');
  });

  it('takes the limits of a tenant for those of the gateway, from the next call on', () => {
    const tenants = new Tenants();
    const gate = testGate({ RATE_LIMIT_PER_PRINCIPAL: '1', CALLS_MAX_PER_SERVER: '1' }, tenants);
    const set = (limits: TenantLimits) => tenants.put('acme', { enabled: true, limits, createdAt: '', updatedAt: '' });
    const enter = (principal = 'alice', app = 'files') => gate.acquire(call(principal, app, 'acme'));
    set({ requestsPerPrincipal: 2, callsPerServer: 0 });
    enter();
    enter();
    expect(refusal(enter)).toMatchObject({
      kind: 'principal_rate',
      message: 'Rate limit reached: you may make 2 calls per minute',
    });
    gate.acquire(call('bob'));
    expect(refusal(() => gate.acquire(call('carol')))).toMatchObject({ kind: 'server_calls' });
    set({ requestsPerPrincipal: 0, callsPerPrincipal: 2, callsPerServer: 0 });
    enter().release('answered');
    enter();
    expect(refusal(enter)).toBeUndefined();
    expect(refusal(enter)).toMatchObject({ kind: 'principal_calls' });
    set({ requestsPerPrincipal: 0, callsPerServer: 0, requestsPerServer: 1 });
    enter('alice', 'mail');
    expect(refusal(() => enter('alice', 'mail'))).toMatchObject({ kind: 'server_rate' });
  });

  it('counts the calls of a tenant as a whole where it has a limit, and of no other', () => {
    const tenants = new Tenants();
    const gate = testGate({}, tenants);
    tenants.put('acme', { enabled: true, limits: { callsPerTenant: 2 }, createdAt: '', updatedAt: '' });
    const permit = gate.acquire(call('alice', 'files', 'acme'));
    gate.acquire(call('bob', 'mail', 'acme'));
    const third = () => gate.acquire(call('carol', 'other', 'acme'));
    expect(refusal(third)).toMatchObject({ kind: 'tenant_calls', retryAfter: 1 });
    for (let count = 0; count < 5; count += 1) gate.acquire(call('alice', 'files', 'globex'));
    permit.release('answered');
    third();
    tenants.put('acme', { enabled: true, limits: { requestsPerTenant: 1 }, createdAt: '', updatedAt: '' });
    third();
    expect(refusal(() => gate.acquire(call('dave', 'files', 'acme')))).toMatchObject({
      kind: 'tenant_rate',
      retryAfter: 60,
    });
    tenants.put('acme', undefined);
    third();
  });
});
