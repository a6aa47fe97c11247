import { describe, expect, test } from '@jest/globals';
import type { PBLink } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { multihashKey } from '../../src/dag/cid.js';
import { FetchPlan } from '../../src/dag/fetch-plan.js';
import type { Place } from '../../src/dag/fetch-plan.js';

/** A CID by name, and the name of a CID. */
const cidOf = (name: string): CID => CID.createV1(0x70, create(0, new TextEncoder().encode(name)));
const nameOf = (cid: CID): string => new TextDecoder().decode(cid.multihash.digest);
const key = (name: string): string => multihashKey(cidOf(name));
const links = (...names: string[]): PBLink[] => names.map((name) => ({ Hash: cidOf(name), Name: '', Tsize: 1 }));
const nameAt = (place: Place | undefined): string | undefined => place && nameOf(place.cid);

/** Starts what is due until `count` were started or nothing is due. */
function start(plan: FetchPlan, count = Infinity): Place[] {
  const places: Place[] = [];
  for (let link = plan.peek(); link !== undefined && places.length < count; link = plan.peek()) {
    places.push(plan.start(multihashKey(link.Hash))!);
  }
  return places;
}

/** A plan with root `r` over the links given. */
function planOver(...names: string[]): FetchPlan {
  const plan = new FetchPlan(cidOf('r'));
  plan.expand(plan.root, links(...names));
  return plan;
}

describe('what is due', () => {
  test('nothing before the root is there, then its links in order', () => {
    const plan = new FetchPlan(cidOf('r'));
    expect(plan.peek()).toBeUndefined();
    plan.expand(plan.root, links('a', 'b', 'c'));
    expect(start(plan).map(nameAt)).toEqual(['a', 'b', 'c']);
    expect(plan.peek()).toBeUndefined();
  });

  test('children before what is behind their parent, however late and in whatever order they come', () => {
    const plan = planOver('a', 'b', 'c', 'd');
    const [a, b, c] = start(plan, 3);
    plan.expand(c!, links('c1'));
    plan.expand(a!, links('a1', 'a2'));
    plan.expand(b!, links('b1'));
    const [a1] = start(plan, 1);
    expect(nameAt(a1)).toBe('a1');
    plan.expand(a1!, links('a11'));
    expect(start(plan).map(nameAt)).toEqual(['a11', 'a2', 'b1', 'c1', 'd']);
  });

  test('a node that was finished is taken up again when a child of it brings more', () => {
    const plan = planOver('a', 'b');
    const [a] = start(plan);
    plan.expand(a!, links('a1', 'a2'));
    const [a1] = start(plan);
    expect(plan.peek()).toBeUndefined();
    plan.expand(a1!, links('a11'));
    expect(start(plan).map(nameAt)).toEqual(['a11']);
  });

  test('not what the reader has passed, also when it was due', () => {
    const plan = planOver('a', 'b', 'c');
    const [a, b] = start(plan, 2);
    plan.expand(a!, links('a1'));
    plan.expand(b!, links('b1'));
    expect(plan.reach(b!).map(nameAt)).toEqual(['a', 'r']);
    expect(start(plan).map(nameAt)).toEqual(['b1', 'c']);
  });
});

describe('where the reader is', () => {
  test('a block that is linked twice is found at its earliest place, whichever was started first', () => {
    const plan = planOver('a', 'x', 'z');
    const [a, later] = start(plan);
    expect(plan.find(key('x'))).toBe(later);
    plan.expand(a!, links('a1', 'x'));
    const [, earlier] = start(plan);
    expect(nameAt(earlier)).toBe('x');
    expect(plan.find(key('x'))).toBe(earlier);
    plan.reach(earlier!);
    expect(plan.find(key('x'))).toBe(later);
    plan.reach(later!);
    expect(plan.find(key('x'))).toBeUndefined();
  });

  test('above comes before below: a node that is linked inside itself by name', () => {
    const plan = planOver('a');
    const [a] = start(plan);
    plan.expand(a!, links('a'));
    const [inner] = start(plan);
    expect(plan.find(key('a'))).toBe(a);
    plan.reach(a!);
    expect(plan.find(key('a'))).toBe(inner);
  });

  test('coming to a place leaves behind everything before it, and tells what was never come to', () => {
    const plan = planOver('a', 'b', 'c');
    const [a, , c] = start(plan);
    plan.reach(plan.root);
    plan.reach(a!);
    plan.expand(a!, links('a1', 'a2'));
    const [a1, a2] = start(plan);
    plan.reach(a1!);
    expect(plan.reach(c!).map(nameAt).sort()).toEqual(['a2', 'b']);
    expect(a2!.isPassed).toBe(true);
    expect(plan.find(key('a2'))).toBeUndefined();
    // What arrives for it now changes nothing.
    plan.expand(a2!, links('late'));
    expect(plan.peek()).toBeUndefined();
  });

  test('links count as long as their node is not left behind', () => {
    const plan = planOver('a', 'b');
    const [a, b] = start(plan);
    plan.expand(a!, links('a1', 'a2', 'a3'));
    const [a1] = start(plan, 1);
    plan.expand(a1!, links('a11', 'a12'));
    expect(plan.links).toBe(2 + 3 + 2);
    plan.reach(a1!);
    expect(plan.links).toBe(2 + 3 + 2);
    plan.reach(b!);
    expect(plan.links).toBe(2);
  });
});

describe('seeking', () => {
  test('what is due is started as it would have been', () => {
    const plan = planOver('a', 'b', 'c');
    expect(nameAt(plan.seek(key('a')))).toBe('a');
    expect(start(plan).map(nameAt)).toEqual(['b', 'c']);
  });

  test('further on: what is between is not started any more', () => {
    const plan = planOver('a', 'b', 'c', 'd', 'e');
    start(plan, 1);
    const d = plan.seek(key('d'));
    expect(plan.reach(d!).map(nameAt)).toEqual(['a', 'r']);
    expect(start(plan).map(nameAt)).toEqual(['e']);
  });

  test('from inside a node to what is behind it', () => {
    const plan = planOver('a', 'b', 'c');
    const [a] = start(plan, 1);
    plan.expand(a!, links('a1', 'a2'));
    const [a1] = start(plan, 1);
    plan.reach(a1!);
    const c = plan.seek(key('c'));
    plan.reach(c!);
    expect(plan.peek()).toBeUndefined();
  });

  test('what is not ahead is not found', () => {
    const plan = planOver('a', 'b');
    const [a, b] = start(plan);
    plan.reach(b!);
    expect(plan.seek(key('a'))).toBeUndefined();
    expect(plan.seek(key('elsewhere'))).toBeUndefined();
    expect(a!.isPassed).toBe(true);
  });
});
