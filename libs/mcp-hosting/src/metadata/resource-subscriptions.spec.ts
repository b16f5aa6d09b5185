import type { UpstreamConnection } from '@manifold/mcp-client';
import { ResourceSubscriptions } from './resource-subscriptions.js';

/** A connection that remembers what it was asked to subscribe to, and can announce updates. */
class ConnectionFixture {
  readonly subscribed: string[] = [];
  readonly ended: string[] = [];
  private listener?: (params: { uri: string }) => void;

  readonly connection = {
    subscribe: async (uri: string) => void this.subscribed.push(uri),
    unsubscribe: (uri: string) => void this.ended.push(uri),
    onResourceUpdated: (listener: (params: { uri: string }) => void) => (this.listener = listener),
  } as unknown as UpstreamConnection;

  update(uri: string): void {
    this.listener?.({ uri });
  }
}

const { signal } = new AbortController();

describe('the subscriptions to resources of servers', () => {
  it('drop a server that is gone with all its users, and no other', async () => {
    const subscriptions = new ResourceSubscriptions();
    const heard: string[] = [];
    const connection = new ConnectionFixture();
    const ends = await Promise.all(
      [
        ['notes', undefined],
        ['notes', 'alice'],
        ['notes-2', undefined],
      ].map(([name, owner]) =>
        subscriptions
          .of('default', name!, owner)
          .add(`a://${name}/${owner}`, ({ uri }) => heard.push(String(uri)), connection.connection, signal),
      ),
    );

    subscriptions.forget('default', 'notes');

    const next = new ConnectionFixture();
    subscriptions.moveTo(next.connection, 'default', 'notes');
    subscriptions.moveTo(next.connection, 'default', 'notes', 'alice');
    expect(next.subscribed).toEqual([]);
    subscriptions.moveTo(next.connection, 'default', 'notes-2');
    expect(next.subscribed).toEqual(['a://notes-2/undefined']);
    for (const end of ends) end();
    expect(connection.ended).toEqual(['a://notes/undefined', 'a://notes/alice']);
    expect(heard).toEqual(expect.not.arrayContaining(['a://notes/alice']));
  });
});
