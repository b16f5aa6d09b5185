import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './helm.js';

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

interface Job {
  readonly strategy: { readonly matrix: { readonly node: string[] } };
  readonly steps: { readonly uses?: string; readonly run?: string; readonly with?: Record<string, string> }[];
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

describe('The workflow of CI', () => {
  const { permissions, jobs } = parse(read('.github/workflows/ci.yml')) as Workflow;
  const { strategy, steps } = jobs.ci!;

  it('runs all of .ci/run, on the oldest version of Node that is supported and on that of the image', () => {
    const oldest = /"node": ">=(\d+\.\d+)"/.exec(read('package.json'))![1];
    const ofImage = /^FROM node:(\d+)-/m.exec(read('deploy/Dockerfile'))![1];
    expect(strategy.matrix.node).toEqual([oldest, ofImage]);
    expect(steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'))?.with).toEqual({
      'node-version': '${{ matrix.node }}',
    });
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
  });

  it('uses actions of GitHub only, and may only read', () => {
    const actions = Object.values(jobs).flatMap((job) => job.steps.flatMap(({ uses }) => uses ?? []));
    expect(actions.filter((action) => !/^actions\/(?:checkout|setup-node)@v\d+$/.test(action))).toEqual([]);
    expect(permissions).toEqual({ contents: 'read' });
  });
});

describe('The workflow that tries clients and servers', () => {
  const { permissions, jobs } = parse(read('.github/workflows/compatibility.yml')) as Workflow;
  const steps = jobs.compatibility!.steps;

  it('runs npm run compatibility after npm ci, on the oldest version of Node that is supported', () => {
    const oldest = /"node": ">=(\d+\.\d+)"/.exec(read('package.json'))![1];
    expect(steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'))?.with).toEqual({ 'node-version': oldest });
    expect(steps.flatMap(({ run }) => run ?? []).slice(-2)).toEqual(['npm ci', 'npm run compatibility']);
  });

  it('uses actions of GitHub only, and may only read', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/^actions\/(?:checkout|setup-node)@v\d+$/.test(action))).toEqual([]);
    expect(permissions).toEqual({ contents: 'read' });
  });
});
