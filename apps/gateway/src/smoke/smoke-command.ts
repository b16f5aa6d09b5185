import { readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { healthSteps } from './health-steps.js';
import { mcpSteps, type WantedCall } from './mcp-steps.js';
import { refusalSteps } from './refusal-steps.js';
import { junitOf, lineOf, summaryOf } from './report.js';
import { restSteps } from './rest-steps.js';
import { runSteps, type SmokeLimits } from './run-steps.js';
import type { SmokeStep, StepResult } from './smoke-step.js';
import { SmokeTarget } from './target.js';

/** The time limits in milliseconds. In total they are below the 30 seconds that a deployment waits. */
const LIMITS: SmokeLimits = { step: 10_000, total: 28_000 };

interface SmokeOptions {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tool?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly sse: boolean;
  readonly junit?: string;
}

/**
 * Returns the program of `npm run smoke`. It checks, as a client, whether the gateway at a URL works. It changes nothing on the gateway.
 * @param print gets one line at a time
 * @param onEnd is told whether no step has failed
 */
export function smokeProgram(print: (line: string) => void, onEnd: (passed: boolean) => void): Command {
  const program = new Command('smoke')
    .description('Checks a running gateway from the outside, in less than 30 seconds.')
    .addOption(
      new Option('--url <url>', 'where the gateway is').env('MANIFOLD_URL').argParser(httpUrl).makeOptionMandatory(),
    )
    .addOption(new Option('--token <token>', 'an API key or a token of a user').env('MANIFOLD_TOKEN'))
    .addOption(new Option('--token-file <path>', 'a file that holds the token').env('MANIFOLD_TOKEN_FILE'))
    .option('--tool <name>', 'the tool to call; else one that only reads and needs no arguments')
    .option('--arguments <json>', 'what to call it with', jsonObject)
    .option('--no-sse', 'leave HTTP+SSE out')
    .option('--junit <file>', 'where to write a report in the format of JUnit');
  return program.action(async (options: SmokeOptions) => {
    if (options.arguments && options.tool === undefined) program.error('error: --arguments needs --tool');
    const token = tokenOf(options, program);
    const hidden = (result: StepResult): StepResult => ({
      ...result,
      detail: result.detail?.replaceAll(token, '[token]'),
    });
    const results: StepResult[] = [];
    await runSteps(stepsOf(options, token), LIMITS, (result) => {
      results.push(hidden(result));
      print(lineOf(results.at(-1)!));
    });
    if (options.junit !== undefined) writeFileSync(options.junit, junitOf(results, options.url));
    print(summaryOf(results));
    onEnd(results.every(({ outcome }) => outcome !== 'failed'));
  });
}

function stepsOf(options: SmokeOptions, token: string): readonly SmokeStep[] {
  const target = new SmokeTarget(options.url, token);
  const wanted: WantedCall | undefined =
    options.tool === undefined ? undefined : { name: options.tool, arguments: options.arguments ?? {} };
  const [alive, ready] = healthSteps(target);
  return [
    alive,
    ready,
    ...refusalSteps(target, alive),
    ...mcpSteps(target, 'legacy', ready, wanted),
    ...mcpSteps(target, 'modern', ready, wanted),
    ...restSteps(target, ready),
    ...(options.sse ? mcpSteps(target, 'sse', ready, wanted) : []),
  ];
}

/** Returns the token. Every user of the machine can see a token on the command line, so the environment and files are better. */
function tokenOf({ token, tokenFile }: SmokeOptions, program: Command): string {
  if (token !== undefined && tokenFile !== undefined) program.error('error: give --token or --token-file, not both');
  const text = (token ?? (tokenFile === undefined ? '' : contentOf(tokenFile, program))).trim();
  if (text === '') program.error('error: a token is needed: --token, MANIFOLD_TOKEN or --token-file');
  return text;
}

function contentOf(path: string, program: Command): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return program.error(`error: the token cannot be read: ${(error as Error).message}`);
  }
}

function httpUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new InvalidArgumentError('Give an http or https URL.');
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The message below is clearer.
  }
  throw new InvalidArgumentError('Give a JSON object.');
}
