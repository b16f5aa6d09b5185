import { firstValueFrom, toArray } from 'rxjs';
import { SingleBus } from '@manifold/bus';
import { joinedBuses } from '@manifold/bus/testing';
import { ReversingSealer, temporaryStore, type OpenStore } from '@manifold/store/testing';
import { deferred } from '../../../../test/support/deferred.js';
import { InstallError } from '../model/install-error.js';
import type { InstallProgress } from '../model/install-progress.js';
import { endedJobEvents, jobEvents } from './job-events.js';
import { Jobs } from './jobs.service.js';

const about = { tenant: 'default', kind: 'install', serverName: 's' } as const;

describe('jobs', () => {
  let opened: OpenStore;
  let jobs: Jobs;
  const process = (): Jobs => new Jobs(opened.store, new SingleBus());

  beforeEach(async () => {
    opened = await temporaryStore();
    opened.store.sealWith(new ReversingSealer('key'));
    jobs = process();
  });
  afterEach(() => opened.close());

  /** Work that does what it is told. */
  function controlledWork() {
    const given = deferred<InstallProgress>();
    const outcome = deferred<{ done: boolean }>();
    const work = (progress: InstallProgress) => {
      given.resolve(progress);
      return outcome.promise;
    };
    return { work, progress: given.promise, ...outcome };
  }

  it('show progress and log while they run, and the outcome afterwards', async () => {
    const controlled = controlledWork();
    const { job, result } = await jobs.start(about, controlled.work);
    const progress = await controlled.progress;
    progress.onStep(40.4, 'downloading');
    progress.onStep(10, 'linking');
    progress.onLog('npm said something');

    expect(await jobs.get('default', job.id)).toMatchObject({
      status: 'running',
      percent: 40,
      step: 'linking',
      log: ['npm said something'],
    });
    controlled.resolve({ done: true });
    expect(await result).toEqual({ done: true });
    expect(await jobs.get('default', job.id)).toMatchObject({
      status: 'succeeded',
      percent: 100,
      result: { done: true },
      endedAt: expect.any(String),
    });
  });

  it('have ended without an outcome when their replica has ended, and not when it only does not answer', async () => {
    const [one, two] = joinedBuses(2);
    const { job } = await new Jobs(opened.store, one!).start(about, controlledWork().work);
    const elsewhere = new Jobs(opened.store, two!);
    expect(await elsewhere.get('default', job.id)).toMatchObject({ status: 'running' });
    await expect(elsewhere.cancel('default', job.id)).rejects.toMatchObject({ status: 503 });
    one!.end();
    const { status, error } = await elsewhere.get('default', job.id);
    expect([status, error?.code]).toEqual(['failed', 'interrupted']);
    two!.end();
  });

  it('are known after a restart; one that the end of the gateway cut short has failed', async () => {
    const ended = controlledWork();
    const done = await jobs.start(about, ended.work);
    ended.resolve({ done: true });
    await done.result;
    const { job } = await jobs.start(about, controlledWork().work);

    const afterRestart = process();
    expect(await afterRestart.get('default', done.job.id)).toMatchObject({ status: 'succeeded' });
    expect(await afterRestart.get('default', job.id)).toMatchObject({
      status: 'failed',
      error: { code: 'interrupted' },
    });
    expect((await afterRestart.list('default')).map(({ id }) => id)).toEqual([job.id, done.job.id]);
  });

  it('keep why they failed, in the words of the REST API', async () => {
    const { job, result } = await jobs.start(about, () =>
      Promise.reject(new InstallError('package_not_found', 'The registry has no x')),
    );
    const error = { status: 422, code: 'package_not_found', message: 'The registry has no x' };
    await expect(result).rejects.toMatchObject(error);
    expect(await jobs.get('default', job.id)).toMatchObject({ status: 'failed', error });
  });

  it('do not show what nobody expected', async () => {
    const { job, result } = await jobs.start(about, () => Promise.reject(new Error('password=hunter2')));
    await expect(result).rejects.toMatchObject({ status: 500 });
    expect(JSON.stringify(await jobs.get('default', job.id))).not.toContain('hunter2');
  });

  it('belong to their tenant', async () => {
    const { job } = await jobs.start(about, controlledWork().work);
    await expect(jobs.get('other', job.id)).rejects.toMatchObject({ status: 404, code: 'job_not_found' });
    await expect(jobs.live('other', job.id)).rejects.toMatchObject({ status: 404 });
    await expect(jobs.cancel('other', job.id)).rejects.toMatchObject({ status: 404 });
    expect(await jobs.list('other')).toEqual([]);
  });

  it('can be cancelled', async () => {
    const controlled = controlledWork();
    const { job, result } = await jobs.start(about, controlled.work);
    const { signal } = await controlled.progress;
    signal.addEventListener('abort', () => controlled.reject(signal.reason));
    await jobs.cancel('default', job.id);
    await expect(result).rejects.toMatchObject({ status: 409, code: 'cancelled' });
  });

  it('keep the last lines of a long log', async () => {
    const controlled = controlledWork();
    const { job } = await jobs.start(about, controlled.work);
    const progress = await controlled.progress;
    for (let line = 1; line <= 700; line += 1) progress.onLog(`line ${line}`);
    const { log } = await jobs.get('default', job.id);
    expect([log.length, log[0], log.at(-1)]).toEqual([500, 'line 201', 'line 700']);
  });

  it('are followed event by event: each line once, also by those who come late', async () => {
    const controlled = controlledWork();
    const { job, result } = await jobs.start(about, controlled.work);
    const progress = await controlled.progress;
    progress.onLog('before');
    const followed = firstValueFrom(jobEvents(job).pipe(toArray()));
    progress.onStep(50, 'halfway');
    progress.onLog('after');
    controlled.resolve({ done: true });
    await result;

    expect((await followed).map(({ type, data }) => [type, data])).toEqual([
      ['progress', { percent: 0, step: 'waiting' }],
      ['log', { line: 'before' }],
      ['progress', { percent: 50, step: 'halfway' }],
      ['log', { line: 'after' }],
      ['progress', { percent: 100, step: 'done' }],
      ['end', { status: 'succeeded', result: { done: true }, error: undefined }],
    ]);
    const late = await firstValueFrom(endedJobEvents(await jobs.get('default', job.id)).pipe(toArray()));
    expect(late.map(({ type }) => type)).toEqual(['log', 'log', 'end']);
  });
});
