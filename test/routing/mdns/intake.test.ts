/** What comes in: rates at their bounds, by host and in all, and the table of rates at its own. */
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/limits.js';
import { MdnsIntake } from '../../../src/routing/mdns/intake.js';
import { encodeMdnsQuery } from '../../../src/wire/mdns.js';

const query = encodeMdnsQuery();
const from = (index: number) => ({ address: `10.0.${index >> 8}.${index & 255}`, port: 5353 });
/** How many of `count` messages at one time are read. */
const read = (intake: MdnsIntake, host: number, count: number, nowMs: number): number =>
  Array.from({ length: count }, () => intake.read(query, from(host), nowMs)).filter((one) => one !== undefined).length;

test('a host’s burst, and one more; then so many each second', () => {
  const intake = new MdnsIntake(LIMITS, 0);
  const { mdnsHostMessagesBurst: burst, mdnsHostMessagesPerSecond: perSecond } = LIMITS;
  expect(read(intake, 1, burst + 1, 0)).toBe(burst);
  expect(read(intake, 1, 1_000, 1_000)).toBe(perSecond);
  expect(intake.counts).toEqual({
    heard: burst + perSecond,
    foreign: 0,
    malformed: 0,
    flooded: 1 + 1_000 - perSecond,
    refused: 0,
  });
});

test('the burst of all hosts, and one more; then so many each second', () => {
  const intake = new MdnsIntake(LIMITS, 0);
  const { mdnsMessagesBurst: burst, mdnsMessagesPerSecond: perSecond } = LIMITS;
  let heard = 0;
  for (let host = 0; host < burst + 1; host++) heard += read(intake, host, 1, 0);
  expect(heard).toBe(burst);
  heard = 0;
  for (let host = 0; host < 2 * perSecond; host++) heard += read(intake, host, 1, 1_000);
  expect(heard).toBe(perSecond);
});

test('mdnsHosts: the one unheard for longest is forgotten', () => {
  const intake = new MdnsIntake({ ...LIMITS, mdnsHosts: 2, mdnsHostMessagesBurst: 1, mdnsHostMessagesPerSecond: 0 }, 0);
  expect([read(intake, 1, 2, 0), read(intake, 2, 2, 0), read(intake, 1, 1, 0), intake.hosts]).toEqual([1, 1, 0, 2]);
  expect([read(intake, 3, 1, 0), intake.hosts]).toEqual([1, 2]);
  // 2 was unheard for longer than 1.
  expect([read(intake, 1, 1, 0), read(intake, 2, 1, 0), intake.hosts]).toEqual([0, 1, 2]);
});
