import { relaunched } from './relaunch.js';

const before = { path: '/p/s~1', launch: { command: 'node', args: ['/p/s~1/node_modules/x/dist/index.js'] } };
const after = { path: '/p/s~2', launch: { command: 'node', args: ['/p/s~2/node_modules/x/build/main.js'] } };

describe('the command of a server for another version of its package', () => {
  it('starts the program of the new version, with what the operator has added', () => {
    const running = { command: 'node', args: [...before.launch.args, '--root', '/data'] };
    expect(relaunched(running, before, after)).toEqual({
      command: 'node',
      args: [...after.launch.args, '--root', '/data'],
    });
  });

  it('keeps the form of a command that an operator has written anew', () => {
    const running = { command: '/p/s~1/node_modules/.bin/x', args: ['--config=/p/s~1/x.json', '/data'] };
    expect(relaunched(running, before, after)).toEqual({
      command: '/p/s~2/node_modules/.bin/x',
      args: ['--config=/p/s~2/x.json', '/data'],
    });
  });

  it('does so too where the files of the old version are damaged', () => {
    const running = { command: 'node', args: ['/p/s~1/node_modules/x/dist/index.js', 'stdio'] };
    expect(relaunched(running, { path: before.path }, after)).toEqual({
      command: 'node',
      args: ['/p/s~2/node_modules/x/dist/index.js', 'stdio'],
    });
  });

  it('leaves a command alone that has nothing to do with the package', () => {
    const running = { command: 'docker', args: ['run', 'x'] };
    expect(relaunched(running, before, after)).toEqual(running);
  });
});
