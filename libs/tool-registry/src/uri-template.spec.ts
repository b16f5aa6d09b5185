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

  it('compares a template that was made to be slow as fast as any other', () => {
    const template = new UriTemplate('{a}x'.repeat(5_000));
    const started = performance.now();
    expect(template.matches('x'.repeat(4_999) + 'y')).toBe(false);
    expect(new UriTemplate('{+a}'.repeat(5_000) + 'z').matches('y'.repeat(50_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
