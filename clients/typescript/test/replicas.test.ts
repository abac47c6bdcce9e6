import { describe, expect, test } from '@jest/globals';
import { Replicas } from '../src/adapters/index/replicas.ts';
import { CardumeError } from '../src/index.ts';

interface Server {
  target: string;
}

const gone = () => new CardumeError('UNREACHABLE', 'gone');
const three = () => new Replicas<Server>(['a:1', 'b:1', 'c:1'].map((target) => ({ target })));

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a call', () => {
  test('is asked at the next replica for what another may do, and not for an answer', async () => {
    const replicas = three();
    const asked: string[] = [];
    const answer = await replicas.ask(async ({ target }) => {
      asked.push(target);
      if (target === 'a:1') throw gone();
      if (target === 'b:1') throw new CardumeError('STORAGE_UNAVAILABLE', 'no database');
      return target;
    });
    expect([answer, asked, replicas.inUse.target]).toEqual(['c:1', ['a:1', 'b:1', 'c:1'], 'c:1']);
    const refused = replicas.ask(() => Promise.reject(new CardumeError('LEASE_UNKNOWN', 'unknown')));
    await expect(refused).rejects.toMatchObject({ reason: 'LEASE_UNKNOWN' });
    expect(replicas.inUse.target).toBe('c:1');
  });

  test('that is cancelled is asked nowhere else', async () => {
    const replicas = three();
    await expect(replicas.ask(() => Promise.reject(new CardumeError('CANCELLED', 'x')))).rejects.toMatchObject({
      reason: 'CANCELLED',
    });
    expect(replicas.inUse.target).toBe('a:1');
  });
});

describe('what is sent', () => {
  test('is sent to the next replica for as long as it may be sent again, and not after an answer', async () => {
    const replicas = three();
    const asked: string[] = [];
    const sendTo =
      (good: string) =>
      async ({ target }: Server) => {
        asked.push(target);
        if (target !== good) throw gone();
        return target;
      };
    expect(await replicas.send(sendTo('b:1'), () => true)).toBe('b:1');
    expect(asked).toEqual(['a:1', 'b:1']);
    await expect(replicas.send(sendTo('a:1'), () => false)).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    expect([asked, replicas.inUse.target]).toEqual([['a:1', 'b:1', 'b:1'], 'c:1']);
    const refused = replicas.send(
      () => Promise.reject(new CardumeError('LEASE_UNKNOWN', 'unknown')),
      () => true,
    );
    await expect(refused).rejects.toMatchObject({ reason: 'LEASE_UNKNOWN' });
    await expect(replicas.send(sendTo('nowhere'), () => true)).rejects.toMatchObject({
      message: expect.stringMatching(/a:1.*b:1/),
    });
  });
});

describe('a stream', () => {
  test('goes on at the replica that other calls have moved to meanwhile', async () => {
    const replicas = three();
    const asked: string[] = [];
    const ends = Promise.withResolvers<void>();
    const watching = collect(
      replicas.follow<string>(async function* ({ target }) {
        asked.push(target);
        yield target;
        if (target !== 'a:1') return;
        await ends.promise;
        throw new CardumeError('TIMED_OUT', 'silent');
      }),
    );
    await replicas.ask(({ target }) => (target === 'c:1' ? Promise.resolve() : Promise.reject(gone())));
    ends.resolve();
    expect(await watching).toEqual(['a:1', 'c:1']);
    expect(asked).toEqual(['a:1', 'c:1']);
  });

  test('is not begun for ever anew where each replica ends it right after its first message', async () => {
    const asked: string[] = [];
    const watching = collect(
      three().follow(async function* ({ target }) {
        asked.push(target);
        yield target;
        throw gone();
      }),
    );
    await expect(watching).rejects.toMatchObject({
      reason: 'UNREACHABLE',
      message: 'no index answers: index a:1: gone; index b:1: gone; index c:1: gone',
    });
    expect(asked).toEqual(['a:1', 'b:1', 'c:1']);
  });
});
