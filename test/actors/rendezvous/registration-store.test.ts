import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RegistrationStore, type StoredRegistration } from '../../../src/actors/rendezvous/registration-store.js';

const LIMITS = { rendezvousPeerRegistrations: 3, rendezvousTotalRegistrations: 6, rendezvousAnswerBytes: 10_000 };
const signedPeerRecord = new Uint8Array(10);
const of = (peer: string, namespace: string, expiresAtMs: number): StoredRegistration => ({
  peer,
  namespace,
  signedPeerRecord,
  registeredAtMs: 0,
  expiresAtMs,
});

describe('what is stored', () => {
  test('is told in order, with what is left of its life', () => {
    const store = new RegistrationStore(LIMITS);
    store.add(of('alice', 'a', 2_000));
    store.add(of('bob', 'b', 1_500));
    store.add(of('alice', 'b', 900));
    expect(store.page(undefined, 0, 10, 500)).toEqual({
      registrations: [
        { namespace: 'a', signedPeerRecord, ttlSeconds: 2 },
        { namespace: 'b', signedPeerRecord, ttlSeconds: 1 },
        { namespace: 'b', signedPeerRecord, ttlSeconds: 1 },
      ],
      last: 3,
    });
    expect(store.page('b', 2, 10, 500)).toEqual({
      registrations: [{ namespace: 'b', signedPeerRecord, ttlSeconds: 1 }],
      last: 3,
    });
    expect(store.page('nowhere', 7, 10, 500)).toEqual({ registrations: [], last: 7 });
  });

  test('is gone when its time is there, and not a millisecond before', () => {
    const store = new RegistrationStore(LIMITS);
    store.add(of('alice', 'a', 1_000));
    expect(store.page('a', 0, 10, 999).registrations).toHaveLength(1);
    expect([store.page('a', 0, 10, 1_000).registrations, store.size]).toEqual([[], 0]);
  });

  test('where the clock goes back, what began later begins now; its owner hears of it, and of what goes', () => {
    const heard: string[] = [];
    const store = new RegistrationStore(LIMITS, {
      changed: ({ peer, registeredAtMs, expiresAtMs }, number) =>
        heard.push(`${number} ${peer} ${registeredAtMs} to ${expiresAtMs}`),
      removed: (peer, namespace) => heard.push(`no ${peer} in ${namespace}`),
    });
    store.restore({ ...of('alice', 'a', 1_000), registeredAtMs: 100 }, 7);
    store.skipTo(9);
    store.page('a', 0, 10, 900);
    store.add({ ...of('bob', 'a', 2_000), registeredAtMs: 900 });
    expect(store.page('a', 7, 10, 300)).toMatchObject({ registrations: [{ ttlSeconds: 2 }], last: 10 });
    expect(store.page('a', 0, 10, 1_399).registrations.map(({ ttlSeconds }) => ttlSeconds)).toEqual([1]);
    expect(store.page('a', 0, 10, 1_400).registrations).toEqual([]);
    expect(heard).toEqual(['10 bob 900 to 2000', '10 bob 300 to 1400', 'no alice in a', 'no bob in a']);
  });

  type Act = readonly ['add' | 'remove' | 'wait', number, number, number];
  const acts: fc.Arbitrary<Act[]> = fc.array(
    fc.tuple(fc.constantFrom('add', 'remove', 'wait'), fc.nat(3), fc.nat(4), fc.nat(100)),
    { maxLength: 60 },
  );

  test('agrees with a list that is looked through, whatever is done to it', () => {
    fc.assert(
      fc.property(acts, (steps) => {
        const store = new RegistrationStore(LIMITS);
        let list: StoredRegistration[] = [];
        let nowMs = 0;
        for (const [act, who, where, timeMs] of steps) {
          const [peer, namespace] = [`peer ${who}`, `namespace ${where}`];
          const isThis = (one: StoredRegistration): boolean => one.peer === peer && one.namespace === namespace;
          if (act === 'wait') nowMs += timeMs;
          list = list.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
          if (act === 'remove') {
            // What has just expired may still be there to be removed: nobody is told otherwise.
            store.page(undefined, 0, 10, nowMs);
            expect(store.remove(peer, namespace)).toBe(list.some(isThis));
            list = list.filter((one) => !isThis(one));
          } else if (act === 'add') {
            const ofPeer = list.filter((one) => one.peer === peer).length;
            const room = list.some(isThis) || (ofPeer < 3 && list.length < 6);
            expect(store.hasRoom(peer, namespace, nowMs)).toBe(room);
            if (!room) continue;
            const one = of(peer, namespace, nowMs + 1 + timeMs);
            store.add(one);
            list = [...list.filter((other) => !isThis(other)), one];
          }
          const told = store.page(undefined, 0, 10, nowMs).registrations.map((one) => one.namespace);
          expect([told, store.size]).toEqual([list.map((one) => one.namespace), list.length]);
        }
      }),
    );
  });
});
