import { setTimeout as pause } from 'node:timers/promises';
import { EventLog } from './event-log.js';
import { EventRecords, EVENTS_KEPT_MS, type LoggedEvent } from './event-records.js';
import { SessionEvents, type EventOwner } from './session-events.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { eventually } from '../../../../test/support/eventually.js';

const event = (number: number, data = `${number}`, stream = 'one'): LoggedEvent => ({ stream, number, data });
const owner = (id: string): EventOwner => ({ id, hasEnded: false });
const numbersOf = (events: readonly LoggedEvent[]): number[] => events.map(({ number }) => number);

describe('the events of a session', () => {
  it('are the newest of so many', () => {
    const events = new SessionEvents();
    for (let number = 1; number <= 1_200; number += 1) events.add(event(number));
    expect(numbersOf(events.ofStream('one'))).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 201));
  });

  it('are the newest of so many characters, and none that is larger by itself', () => {
    const events = new SessionEvents();
    const growth = [1, 2, 3, 4, 5].map((number) => events.add(event(number, 'x'.repeat(1024 * 1024))));
    expect(numbersOf(events.ofStream('one'))).toEqual([2, 3, 4, 5]);
    expect(growth.reduce((sum, change) => sum + change)).toBe(4 * 1024 * 1024);
    events.add(event(6, 'x'.repeat(5 * 1024 * 1024)));
    expect(events.ofStream('one')).toEqual([]);
    expect(events.hasNews).toBe(false);
  });

  it('can be read while they are written, and again when that has failed', () => {
    const events = new SessionEvents();
    events.add(event(1));
    events.take();
    events.add(event(2));
    events.add(event(1, 'other', 'two'));
    expect(numbersOf(events.ofStream('one'))).toEqual([1, 2]);
    expect(events.putBack()).toBe(1);
    expect(numbersOf(events.take().events.filter(({ stream }) => stream === 'one'))).toEqual([1, 2]);
    expect(events.noteWritten('record', 3, 7, 0)).toEqual([]);
    expect(events.ofStream('one')).toEqual([]);
  });

  it('are written in records that do not hold up the gateway for long', () => {
    const events = new SessionEvents();
    for (let number = 1; number <= 10; number += 1) events.add(event(number, 'x'.repeat(100 * 1024)));
    expect(events.take()).toMatchObject({ events: [{}, {}, {}], characters: 300 * 1024 });
    expect(numbersOf(events.ofStream('one'))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(events.putBack()).toBe(300 * 1024);
    events.add(event(11, 'x'.repeat(1024 * 1024)));
    for (const first of [1, 4, 7, 10]) expect(events.take().events[0]!.number).toBe(first);
    expect(events.hasNews).toBe(false);
  });

  it('leave the store when there are too many, the oldest first', () => {
    const events = new SessionEvents();
    expect(events.noteWritten('a', 600, 10, 0)).toEqual([]);
    expect(events.noteWritten('b', 600, 10, 0)).toEqual([]);
    expect(events.noteWritten('c', 400, 10, 0)).toEqual(['a']);
    expect(events.noteWritten('d', 10, 4 * 1024 * 1024, 0)).toEqual(['b', 'c']);
  });

  it('count no more once the store has let them expire', () => {
    const events = new SessionEvents();
    events.noteWritten('a', 600, 10, 0);
    events.noteWritten('b', 600, 10, 1);
    expect(events.noteWritten('c', 1_000, 10, EVENTS_KEPT_MS + 1)).toEqual(['b']);
  });
});

describe('the log', () => {
  let app: TransportApp;
  let session: EventOwner;
  const other = owner('other');

  beforeEach(async () => {
    session = owner('session');
    app = await startTransport();
  });
  afterEach(() => app.discard());

  it('is written behind, several events to a record, and leaves memory then', async () => {
    const log = app.get(EventLog);
    for (let number = 1; number <= 5; number += 1) log.append(session, event(number));
    expect(await log.inStore(session, 'one')).toEqual([]);
    expect(numbersOf(log.inMemory(session, 'one'))).toEqual([1, 2, 3, 4, 5]);
    await eventually('it is written', () => log.inMemory(session, 'one').length === 0);
    expect(await log.inStore(session, 'one')).toEqual([1, 2, 3, 4, 5].map((number) => event(number)));
    expect(await log.inStore(session, 'two')).toEqual([]);
    expect(await log.inStore(other, 'one')).toEqual([]);
  });

  it('goes with its session, from memory and from the store', async () => {
    const log = app.get(EventLog);
    log.append(session, event(1));
    await eventually('it is written', () => log.inMemory(session, 'one').length === 0);
    log.append(session, event(2));
    log.forget(session);
    log.append(session, event(3));
    expect(log.inMemory(session, 'one')).toEqual([]);
    expect(numbersOf(await log.inStore(session, 'one'))).toEqual([1]);
    await log.remove(session);
    expect(await log.inStore(session, 'one')).toEqual([]);
  });

  it('gathers what a session has to say before it writes that, round by round', async () => {
    const [log, records] = [app.get(EventLog), app.get(EventRecords)];
    const add = records.add.bind(records);
    const written: number[] = [];
    jest.spyOn(records, 'add').mockImplementation((...args) => {
      written.push(performance.now());
      return add(...args);
    });
    for (let number = 1; number <= 50; number += 1) {
      log.append(session, event(number));
      await pause(10);
    }
    await eventually('it is written', () => log.inMemory(session, 'one').length === 0);
    expect(numbersOf(await log.inStore(session, 'one'))).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    const pauses = written.slice(1).map((time, index) => time - written[index]!);
    expect(written.length).toBeGreaterThan(1);
    expect(Math.min(...pauses)).toBeGreaterThan(190);
  });

  it('keeps what could not be written until it can', async () => {
    const [log, records] = [app.get(EventLog), app.get(EventRecords)];
    const add = jest.spyOn(records, 'add').mockRejectedValueOnce(new Error('no database'));
    log.append(session, event(1));
    await eventually('it was tried', () => add.mock.calls.length === 1);
    log.append(session, event(2));
    await eventually('it is written', () => log.inMemory(session, 'one').length === 0);
    expect(numbersOf(await log.inStore(session, 'one'))).toEqual([1, 2]);
  });

  it('is whole when the gateway has stopped in order', async () => {
    app.get(EventLog).append(session, event(1));
    const { dataDir } = app;
    await app.stop();
    app = await startTransport({ dataDir });
    expect(numbersOf(await app.get(EventLog).inStore(session, 'one'))).toEqual([1]);
  });
});
