import fc from '../../../../test/support/fuzz.js';
import { readEvents, type StreamEvent } from './event-stream.js';

async function events(chunks: readonly Uint8Array[]): Promise<StreamEvent[]> {
  const read: StreamEvent[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const event of readEvents(body)) read.push(event);
  return read;
}
const parse = (text: string) => events([Buffer.from(text)]);

describe('readEvents', () => {
  it('reads the fields of an event', async () => {
    expect(await parse(': note\nevent: message\nid: 7\nretry: 250\ndata: {"a":\ndata: 1}\nother: x\n\n')).toEqual([
      { event: 'message', id: '7', retry: 250, data: '{"a":\n1}' },
    ]);
  });

  it('yields a block that has only an id, and none for comments and blank lines', async () => {
    expect(await parse('\n\n: ping\n\nid: 1\ndata:\n\nid: 2\n\n')).toEqual([{ id: '1', data: '' }, { id: '2' }]);
  });

  it('drops a block that is not finished', async () =>
    expect(await parse('data: 1\n\ndata: 2\n')).toEqual([{ data: '1' }]));

  it('takes one space after the colon away, and ignores bad ids and retries', async () => {
    expect(await parse('data:  two\ndata\nid: a\0b\nretry: soon\n\n')).toEqual([{ data: ' two\n' }]);
  });

  it('finds the same events wherever the bytes are cut and however lines end', async () => {
    const text = '\ufeffid: 1\ndata: € 🚀\ndata: x\n\n: c\n\nevent: e\ndata: y\n\n';
    const expected = [
      { id: '1', data: '€ 🚀\nx' },
      { event: 'e', data: 'y' },
    ];
    const property = fc.asyncProperty(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(200)), async (end, cuts) => {
      const bytes = Buffer.from(text.replaceAll('\n', end));
      const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      expect(await events(borders.slice(1).map((border, index) => bytes.subarray(borders[index], border)))).toEqual(
        expected,
      );
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
