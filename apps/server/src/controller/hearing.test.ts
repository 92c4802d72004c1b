import { expect, it } from 'vitest';
import { Hearing } from './hearing.ts';

it('knows its own writes, whichever comes first: the event or the answer', () => {
  const hearing = new Hearing();
  expect(hearing.isNews).toBe(false);
  hearing.hear('u1 7');
  expect(hearing.isNews).toBe(true);
  hearing.wrote('u1 7');
  expect(hearing.isNews).toBe(false);
  hearing.wrote('u2 8');
  hearing.hear('u2 8');
  expect(hearing.isNews).toBe(false);
});

it('takes what others wrote before, between or after its own writes for news', () => {
  for (const foreign of ['u1 6', 'u1 8', 'u2 7']) {
    const hearing = new Hearing();
    hearing.hear('u1 7');
    hearing.hear(foreign);
    hearing.wrote('u1 7');
    expect(hearing.isNews).toBe(true);
  }
});

it('does not forget a reason without a version', () => {
  const hearing = new Hearing();
  hearing.hear(undefined);
  hearing.wrote('u1 7');
  expect(hearing.isNews).toBe(true);
});
