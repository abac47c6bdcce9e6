import { expect, test } from '@jest/globals';
import { eachWhileNext } from '../src/handlers/each-while-next.ts';

/** Gives numbers, and notes when each was asked for. */
async function* numbers(count: number, noted: string[]): AsyncGenerator<number> {
  for (let number = 1; number <= count; number += 1) {
    noted.push(`asked for ${number}`);
    yield number;
  }
}

test('the next item is asked for while one is worked on, and no more than that one', async () => {
  const noted: string[] = [];
  await eachWhileNext(numbers(3, noted), async (number) => {
    noted.push(`begun ${number}`);
    await new Promise((resolve) => setImmediate(resolve));
    noted.push(`done ${number}`);
  });
  expect(noted).toEqual([
    'asked for 1',
    'asked for 2',
    'begun 1',
    'done 1',
    'asked for 3',
    'begun 2',
    'done 2',
    'begun 3',
    'done 3',
  ]);
});

test('work that fails is told at once, though the next item never comes', async () => {
  async function* one(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => {});
  }
  const failed = eachWhileNext(one(), async () => {
    throw new Error('full');
  });
  await expect(failed).rejects.toThrow('full');
});

test('items that fail are told after the work on those before, and never as an error that nobody handles', async () => {
  const done: number[] = [];
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    throw new Error('gone');
  }
  const work = async (number: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(number);
  };
  await expect(eachWhileNext(failing(), work)).rejects.toThrow('gone');
  expect(done).toEqual([1]);
});
