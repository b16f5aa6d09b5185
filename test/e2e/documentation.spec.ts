import { existsSync, readFileSync } from 'node:fs';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('the documentation', () => {
  it.each(['README.md', 'docs/ARCHITECTURE.md', 'docs/OPERATIONS.md'])('%s names only files that exist', (file) => {
    const text = read(file);
    const paths = [...text.matchAll(/`((?:apps|libs|test|bench|deploy|docs|scripts)\/[\w./-]+)`/g)].map(
      (match) => match[1]!,
    );
    const links = [...text.matchAll(/\]\((?!https?:)([\w./-]+)\)/g)].map(
      (match) => `${file.includes('/') ? 'docs/' : ''}${match[1]}`,
    );
    expect([...paths, ...links].filter((path) => !existsSync(path))).toEqual([]);
  });

  it('describes libraries that exist', () => {
    const tree = read('docs/ARCHITECTURE.md').match(/^libs\/\n((?: {2}.*\n)+)/m)![1]!;
    const described = [...tree.matchAll(/^ {2}([\w/-]+)\//gm)].map((match) => match[1]!);
    for (const library of described) expect(existsSync(`libs/${library}/src/index.ts`)).toBe(true);
    expect(described.length).toBeGreaterThan(8);
  });

  it('shows the two commands', () => {
    expect(read('README.md')).toContain('\nnpm ci && npm start\n');
    expect(read('README.md')).toContain('\nnpm ci && npm test\n');
  });
});
