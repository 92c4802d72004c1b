import { WaitingError } from '@lockstep/core';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** Work that ends when told to. */
function work(turns: Turns, subject: string): { end: () => void; done: Promise<string>; begun: () => boolean } {
  let end = (): void => {};
  let isBegun = false;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const done = turns.take(subject, async () => {
    isBegun = true;
    await ended;
    return subject;
  });
  return { end, done, begun: () => isBegun };
}

it('lets so many of a subject begin, and the others in the order in which they came', async () => {
  const turns = new Turns(2);
  const [first, second, third, fourth] = [work(turns, 'a'), work(turns, 'a'), work(turns, 'a'), work(turns, 'a')];
  const other = work(turns, 'b');
  expect([first, second, third, fourth, other].map(({ begun }) => begun())).toEqual([true, true, false, false, true]);
  second.end();
  expect(await second.done).toBe('a');
  // One that comes in the moment of the change does not overtake.
  const late = work(turns, 'a');
  await Promise.resolve();
  expect([third, fourth, late].map(({ begun }) => begun())).toEqual([true, false, false]);
  const rest = [first, third, fourth, late, other];
  for (const { end } of rest) end();
  await Promise.all(rest.map(({ done }) => done));
});

it('goes on after a failure', async () => {
  const turns = new Turns(1);
  const failing = turns.take('a', () => Promise.reject(new Error('no')));
  const next = work(turns, 'a');
  await expect(failing).rejects.toThrow('no');
  next.end();
  expect(await next.done).toBe('a');
});

it('refuses one more of what does not get on, naming it, and lets a busy one wait', async () => {
  const stuck = new Turns(1, -1);
  const [running, waiting] = [work(stuck, 'cluster staging'), work(stuck, 'cluster staging')];
  const refused = work(stuck, 'cluster staging');
  await expect(refused.done).rejects.toThrow(
    'cluster staging does not answer: 2 requests wait for it already. Check that it can be reached, and try again',
  );
  await expect(refused.done).rejects.toBeInstanceOf(WaitingError);
  expect(work(stuck, 'cluster production').begun()).toBe(true);

  const busy = new Turns(1, 60_000);
  const all = [work(busy, 'a'), work(busy, 'a'), work(busy, 'a'), work(busy, 'a')];
  for (const { end } of [...all, running, waiting]) end();
  expect(await Promise.all([...all, running, waiting].map(({ done }) => done))).toHaveLength(6);
});
