import { expect, test } from '@jest/globals';
import { Slots } from '../../../src/actors/ipns/slots.js';

test('as many as there are places, the rest in the order in which they came', () => {
  const slots = new Slots(2);
  const entered: string[] = [];
  const enter = (name: string) => slots.enter(() => entered.push(name));
  const leave = ['a', 'b', 'c', 'd', 'e'].map(enter);
  expect(entered).toEqual(['a', 'b']);
  leave[3]?.();
  leave[0]?.();
  expect(entered).toEqual(['a', 'b', 'c']);
  leave[0]?.();
  leave[1]?.();
  expect(entered).toEqual(['a', 'b', 'c', 'e']);
  leave[2]?.();
  leave[4]?.();
  enter('f');
  enter('g');
  enter('h');
  expect(entered).toEqual(['a', 'b', 'c', 'e', 'f', 'g']);
});

test('with no place, all wait', () => {
  let entered = 0;
  new Slots(0).enter(() => entered++)();
  expect(entered).toBe(0);
});
