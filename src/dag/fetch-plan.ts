/**
 * The order in which a reader will want the blocks of a DAG: a tree that grows as blocks arrive and is walked depth first,
 * as readers walk. It says which block to start next, which one a reader has come to, and what it has thereby left behind.
 *
 * A place is a link of the DAG at one spot: a block that is linked twice has two. Places are made when their block is
 * started, in order, so what is known but not started costs nothing more than the links of its parent.
 */
import type { PBLink } from '@ipld/dag-pb';
import type { CID } from 'multiformats/cid';
import { multihashKey } from './cid.js';

/** One spot of the DAG whose block was started, and which the reader has not left behind. */
export class Place {
  readonly cid: CID;
  readonly key: string;
  readonly parent: Place | undefined;
  /** Which link of the parent this is. */
  readonly index: number;
  /** The links of its block, when that has arrived and they are followed. */
  links: readonly PBLink[] = [];
  /** The first link that was not started. */
  started = 0;
  /** The first link that the reader has not left behind. */
  passed = 0;
  /** The reader has come here. */
  isReached = false;
  /** The reader has left this behind: what arrives for it is of no use. */
  isPassed = false;
  /** For the plan's owner: the block is being fetched, or held, for this place. */
  isWanted = false;
  readonly children = new Map<number, Place>();
  /** Children below which something can be started, by index. */
  readonly open: Place[] = [];
  isOpen = false;

  constructor(cid: CID, key: string, parent: Place | undefined, index: number) {
    this.cid = cid;
    this.key = key;
    this.parent = parent;
    this.index = index;
  }
}

/** The plan below one root. */
export class FetchPlan {
  readonly root: Place;
  readonly #places = new Map<string, Place[]>();
  #at: Place;
  #links = 0;

  constructor(root: CID) {
    this.root = new Place(root, multihashKey(root), undefined, 0);
    this.#at = this.root;
    this.#file(this.root);
  }

  /** Links held by all places: what the plan takes in memory goes with it. */
  get links(): number {
    return this.#links;
  }

  /** The link that the reader will want first of those that were not started. */
  peek(): PBLink | undefined {
    const node = this.#nextOpen();
    return node?.links[node.started];
  }

  /** Starts the link that {@link peek} answered; `key` is its block's. */
  start(key: string): Place | undefined {
    const node = this.#nextOpen();
    return node && this.#startLink(node, node.started, key);
  }

  /** The earliest place of a block among those started and not reached. */
  find(key: string): Place | undefined {
    return this.#places.get(key)?.[0];
  }

  /**
   * Starts a link that was not due yet because the reader wants it now: one further on in a block above the place that it
   * has come to last. Links that are skipped this way are not started any more.
   */
  seek(key: string): Place | undefined {
    const due = this.#nextOpen();
    if (due !== undefined && keyOf(due.links[due.started]) === key) return this.#startLink(due, due.started, key);
    for (let node: Place | undefined = this.#at; node !== undefined; node = node.parent) {
      for (let index = node.started; index < node.links.length; index++) {
        if (keyOf(node.links[index]) === key) return this.#startLink(node, index, key);
      }
    }
    return undefined;
  }

  /** The block of a place has arrived: its links are known from now on. */
  expand(place: Place, links: readonly PBLink[]): void {
    if (place.isPassed || place.links.length > 0) return;
    place.links = links;
    this.#links += links.length;
    for (let node = place; node.parent !== undefined && !node.isOpen; node = node.parent) {
      node.isOpen = true;
      const { open } = node.parent;
      let at = open.length;
      while (at > 0 && (open[at - 1]?.index ?? 0) > node.index) at--;
      open.splice(at, 0, node);
    }
  }

  /** The reader has come to `place`. Answers the places it has left behind without having come to them. */
  reach(place: Place): readonly Place[] {
    const skipped: Place[] = [];
    for (let node = place; node.parent !== undefined; node = node.parent) {
      this.#passBefore(node.parent, node.index, skipped);
      if (!node.parent.isReached) skipped.push(this.#markReached(node.parent));
    }
    if (!place.isReached) this.#markReached(place);
    this.#at = place;
    return skipped;
  }

  #nextOpen(): Place | undefined {
    let node = this.root;
    for (;;) {
      const below = node.open[0];
      if (below !== undefined) {
        node = below;
      } else if (node.started < node.links.length) {
        return node;
      } else {
        if (node.parent === undefined) return undefined;
        node.isOpen = false;
        node.parent.open.shift();
        node = node.parent;
      }
    }
  }

  #startLink(node: Place, index: number, key: string): Place | undefined {
    const link = node.links[index];
    if (link === undefined) return undefined;
    node.started = index + 1;
    const place = new Place(link.Hash, key, node, index);
    node.children.set(index, place);
    this.#file(place);
    return place;
  }

  /** Files a place under its key, the earliest first. */
  #file(place: Place): void {
    const places = this.#places.get(place.key);
    if (places === undefined) {
      this.#places.set(place.key, [place]);
      return;
    }
    let at = places.length;
    while (at > 0 && isBefore(place, places[at - 1] ?? place)) at--;
    places.splice(at, 0, place);
  }

  #markReached(place: Place): Place {
    place.isReached = true;
    const places = this.#places.get(place.key) ?? [];
    places.splice(places.indexOf(place), 1);
    if (places.length === 0) this.#places.delete(place.key);
    return place;
  }

  #passBefore(parent: Place, index: number, skipped: Place[]): void {
    for (; parent.passed < index; parent.passed++) {
      const child = parent.children.get(parent.passed);
      if (child === undefined) continue;
      parent.children.delete(parent.passed);
      this.#pass(child, skipped);
    }
    while ((parent.open[0]?.index ?? index) < index) parent.open.shift();
  }

  #pass(top: Place, skipped: Place[]): void {
    const waiting = [top];
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      place.isPassed = true;
      this.#links -= place.links.length;
      if (!place.isReached) skipped.push(this.#markReached(place));
      waiting.push(...place.children.values());
    }
  }
}

/** Whether a reader comes to `place` before it comes to `other`. */
function isBefore(place: Place, other: Place): boolean {
  const [path, otherPath] = [pathOf(place), pathOf(other)];
  const at = path.findIndex((index, depth) => index !== otherPath[depth]);
  const [index, otherIndex] = [path[at], otherPath[at]];
  if (index === undefined) return path.length < otherPath.length;
  return otherIndex !== undefined && index < otherIndex;
}

function pathOf(place: Place): readonly number[] {
  const path: number[] = [];
  for (let node = place; node.parent !== undefined; node = node.parent) path.push(node.index);
  return path.reverse();
}

function keyOf(link: PBLink | undefined): string | undefined {
  return link && multihashKey(link.Hash);
}
