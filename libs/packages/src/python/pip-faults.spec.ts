import { pipFault } from './pip-faults.js';

const output = { program: 'pip', exit: 1, lines: [], reasons: [], python: '3.11.7' } as const;

/** Output of pip in states that a test cannot bring about. The rest is shown with a real pip, in python-installer.faults.spec.ts. */
describe('pipFault', () => {
  it.each([
    ['ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'],
    ['OSError: [Errno 122] Disk quota exceeded'],
    ['ERROR: No matching distribution found for x', 'WARNING: The cache: [Errno 28] No space left on device'],
  ])('says that the disk is full: %j', (...lines) => {
    expect(pipFault({ ...output, lines })).toMatchObject({
      code: 'no_space',
      message: 'There is no space left on the disk',
    });
  });

  it.each([
    'prlimit: failed to execute /root/python/bin/python3: Permission denied',
    "bwrap: Can't find source path /root/python: Permission denied",
  ])('names the setting when other users may not run the interpreter: %s', (line) => {
    const fault = { code: 'python_not_found', message: expect.stringContaining('PYTHON_BIN') };
    expect(pipFault({ ...output, program: 'venv', lines: [line] })).toMatchObject(fault);
  });

  it.each(['incomplete-download', 'connection-failed', 'ssl-verification-failed'])(
    'knows "%s" of newer pips',
    (reference) => {
      const lines = ['Collecting x', `error: ${reference}`, '× Download failed after 6 attempts'];
      expect(pipFault({ ...output, lines })).toMatchObject({ code: 'registry_unreachable' });
    },
  );

  it('gives the sentence that stands below the name of an error', () => {
    const lines = [
      '  error: subprocess-exited-with-error',
      '  × Building wheel for x did not run successfully.',
      '  exit code: 1',
    ];
    expect(pipFault({ ...output, lines }).message).toBe('pip failed: Building wheel for x did not run successfully.');
  });

  it('gives the first error of a build that failed', () => {
    const lines = [
      '  error: subprocess-exited-with-error',
      'ERROR: Failed building wheel for x',
      'ERROR: Failed to build one',
    ];
    expect(pipFault({ ...output, lines }).message).toBe('pip failed: Failed building wheel for x');
  });

  it('gives the last line of a program that names no error, but no notice', () => {
    const lines = [
      'Traceback (most recent call last):',
      'MemoryError',
      'WARNING: There was an error',
      '[notice] A new pip',
    ];
    expect(pipFault({ ...output, lines }).message).toBe('pip failed: MemoryError');
    expect(pipFault({ ...output, program: 'venv' }).message).toBe('venv failed: it did not say why');
  });

  it('keeps a message short', () => {
    expect(pipFault({ ...output, lines: [`ERROR: ${'x'.repeat(5000)}`] }).message.length).toBeLessThan(400);
  });
});
