import { on } from 'node:events';
import { launchOf, possibleModes, TestLauncher } from '@manifold/launcher/testing';

/** The time to leave after the end of stdin is over at once, and that after SIGTERM never. */
jest.mock('node:timers/promises', () => {
  const actual = jest.requireActual<typeof import('node:timers/promises')>('node:timers/promises');
  const delay = (ms: number, value: unknown): Promise<unknown> =>
    ms < 3000 ? Promise.resolve(value) : new Promise(() => undefined);
  return { ...actual, setTimeout: delay };
});

it.each([...possibleModes, 'none'] as const)(
  'a program in mode %s is asked to leave before it is killed',
  async (mode) => {
    const at = await TestLauncher.start({ SERVER_SANDBOX: mode });
    // The second shell is asked, too: a program is often started by another one that does not pass signals on.
    const inner = `trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.1; done`;
    const script = `trap ':' TERM; sh -c "${inner}"; exit $?`;
    const program = await at.launcher.start(launchOf({ command: 'sh', args: ['-c', script] }));
    const said: string[] = [];
    for await (const [chunk] of on(program.streams.stdout, 'data', { close: ['end'] })) {
      said.push(...String(chunk).trim().split('\n'));
      if (said.at(-1) === 'ready') void program.stop();
    }
    expect(said).toEqual(['ready', 'asked']);
    expect(await program.exited).toBe('The server exited with code 5');
    at.end();
  },
);
