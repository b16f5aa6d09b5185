import { withoutSlashes } from './without-slashes.js';

it.each([
  ['/mcp', '/mcp'],
  ['/mcp/', '/mcp'],
  ['/mcp///', '/mcp'],
  ['//', ''],
  ['', ''],
  ['/a//b/', '/a//b'],
])('the slashes at the end of %j are removed', (text, expected) => {
  expect(withoutSlashes(text)).toBe(expected);
});

it('slashes elsewhere cost no more than other characters', () => {
  // A regular expression would take hours for this text.
  const text = `${'/'.repeat(5_000_000)}x`;
  expect(withoutSlashes(text)).toBe(text);
});
