import { readRepositoryFile, repositoryPaths } from './repository.js';

describe('the documentation', () => {
  it('describes libraries that exist, and all of them', () => {
    const { files } = repositoryPaths();
    const doors = files.map((file) => /^libs\/((?!.*\/testing\/)[\w/-]+)\/src\/index\.ts$/.exec(file)?.[1]);
    const tree = readRepositoryFile('docs/ARCHITECTURE.md').match(/^libs\/\n((?: {2}.*\n)+)/m)![1]!;
    const described = [...tree.matchAll(/^ {2}([\w/-]+)\//gm)].map((match) => match[1]!);
    expect(described.toSorted()).toEqual(doors.filter((library) => library !== undefined).toSorted());
  });

  it('shows the command that starts everything, and the one before a commit', () => {
    expect(readRepositoryFile('README.md')).toContain('\nnpm ci && npm start\n');
    expect(readRepositoryFile('CONTRIBUTING.md')).toContain('\nnpm run check\n');
  });
});
