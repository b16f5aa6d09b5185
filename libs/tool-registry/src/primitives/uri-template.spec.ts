import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';
import { UriTemplate } from './uri-template.js';

describe('a URI template', () => {
  it.each([
    ['note://{id}', 'note://5', true],
    ['note://{id}', 'note://', true],
    ['note://{id}', 'note://5/history', false],
    ['note://{id}', 'note://5#other', false],
    ['note://{id}', 'notes://5', false],
    ['note://{id}/history', 'note://5/history', true],
    ['note://{id}/history', 'note://5/histories', false],
    ['note://{a}{b}', 'note://12', true],
    ['file:///{+path}', 'file:///a/b/c.txt', true],
    ['file://{/path}', 'file:///a/b', true],
    ['search://q{?text,limit}', 'search://q?text=a&limit=1', true],
    ['search://q{?text,limit}', 'search://q', true],
    ['page://{name}{#part}', 'page://home#top', true],
    ['page://{name}#app', 'page://home#app', true],
    ['plain://no-expression', 'plain://no-expression', true],
    ['plain://no-expression', 'plain://no-expressions', false],
    ['', '', true],
    ['{}', 'x', true],
    ['a{b', 'a{b', true],
    ['a.c', 'abc', false],
  ])('%s for %s: %s', (template, uri, expected) => expect(new UriTemplate(template).matches(uri)).toBe(expected));

  it('compares a template that was made to be slow as fast as any other', async () => {
    const { cpuMs } = await figuresOf<'cpuMs'>(join(import.meta.dirname, '../../testing/src/uri-template.measure.ts'));
    // Milliseconds of CPU. A comparison that tries all places would not end.
    expect(cpuMs).toBeLessThan(1_000);
  });
});
