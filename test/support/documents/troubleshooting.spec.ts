import { readRepositoryFile, repositoryPaths } from './repository.js';

/** The printed texts, as far as the code has them in one piece. */
const MESSAGES = [
  ' is in use (set PORT to another one)',
  ' or newer, this is Node ',
  'Manifold cannot run on this system (',
  'There is no such database: no gateway has used it.',
  'is not set, and production needs it; write the output of openssl rand -base64 32, or set SECRETS_KEY_FILE',
  'is for several replicas, which need MongoDB; set MONGO_URL, too',
  'The stored secrets were sealed under another key: start with the SECRETS_KEY that was used before',
  'the database does not answer yet: waiting for it',
  'MongoDB does not answer',
  'Redis does not answer: this replica works alone until it does',
  'Authentication is required',
  'The credential is not valid',
  'credential refused',
  'Invalid Origin header',
  'Session not found',
  'the command or its working folder does not exist',
  ' may not be reached from the gateway',
  'The registry has no ',
  'it may not be executed',
  'The server exited with code ',
  'This link cannot be used',
];
describe('the symptoms in docs/TROUBLESHOOTING.md', () => {
  const document = readRepositoryFile('docs/TROUBLESHOOTING.md');
  const blocks = [...document.matchAll(/^```text\n([\s\S]*?)^```/gm)].map((match) => match[1]!);

  it('are messages that the code prints', () => {
    const { files } = repositoryPaths();
    const sources = files
      .filter((file) => /^(?:apps|libs)\/.*(?<!\.spec)\.ts$|^scripts\/.*\.mjs$/.test(file))
      .map(readRepositoryFile);
    const isPrinted = (message: string): boolean => sources.some((text) => text.includes(message));
    expect(MESSAGES.filter((message) => !isPrinted(message))).toEqual([]);
    expect(isPrinted('a message that nothing prints')).toBe(false);
  });

  it('are each one of these messages, and each of these is there', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(10);
    expect(blocks.filter((block) => !MESSAGES.some((message) => block.includes(message)))).toEqual([]);
    expect(MESSAGES.filter((message) => !blocks.some((block) => block.includes(message)))).toEqual([]);
  });
});
