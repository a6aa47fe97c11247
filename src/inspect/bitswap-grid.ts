/**
 * A bitswap session as a grid: wants by peers, in each cell what passed last between us, and below what came twice. It
 * answers the question why a fetch stands still: nobody to ask, no connection, nobody has it, or nobody answers.
 */
import type { TraceStore } from './trace-store.js';

/** What passed. */
export type BitswapWord =
  'want-have' | 'want-block' | 'cancel' | 'have' | 'dont-have' | 'block' | 'duplicate' | 'stall' | 'fault';

/** One thing that passed between us and a peer about a CID. */
export interface BitswapPassage {
  readonly seq: number;
  readonly timeMs: number;
  readonly word: BitswapWord;
  readonly isSent: boolean;
  readonly bytes: number;
  /** Whether it stood when the look began: it passed before `timeMs`. */
  readonly isStanding: boolean;
}

/** One cell of the grid. */
export interface BitswapCell {
  /** In order. */
  readonly passages: readonly BitswapPassage[];
  readonly last: BitswapPassage;
}

/** The grid of one session, or of what we serve. */
export interface BitswapGrid {
  /** `node 1`: name of the node and number of the session; without a number: what we serve. */
  readonly id: string;
  readonly title: string;
  readonly cids: readonly string[];
  readonly peers: readonly string[];
  /** By `cid peer`. */
  readonly cells: ReadonlyMap<string, BitswapCell>;
  readonly startedMs: number;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly duplicates: number;
  /** Bytes of blocks that had come already. */
  readonly wastedBytes: number;
  /** Wants that no block has come for. */
  readonly open: readonly OpenWant[];
}

/** A want that is not answered, and why. */
export interface OpenWant {
  readonly cid: string;
  readonly why: string;
}

interface GrowingGrid {
  readonly id: string;
  readonly title: string;
  readonly cids: Set<string>;
  readonly peers: Set<string>;
  readonly cells: Map<string, BitswapPassage[]>;
  readonly startedMs: number;
  readonly got: Set<string>;
  /** CIDs of which more is known than that a block of theirs came once too often. */
  readonly wanted: Set<string>;
  blocks: number;
  blockBytes: number;
  duplicates: number;
  wastedBytes: number;
}

/** Every grid up to the moment of record `upTo`, in the order of their beginning. */
export function bitswapGridsOf(store: TraceStore, upTo: number): readonly BitswapGrid[] {
  const grids = new Map<string, GrowingGrid>();
  const end = store.positionAt(upTo);
  for (let index = 0; index <= end; index += 1) {
    const record = store.records[index];
    if (record?.name !== 'seen:bitswap') continue;
    const { session, type, direction, peer, cid, bytes, standing } = record.data;
    if (typeof peer !== 'string' || typeof type !== 'string') continue;
    const grid = gridOf(grids, record.actor.split('/')[1] ?? '', session, record.time);
    grid.peers.add(peer);
    const size = typeof bytes === 'number' ? bytes : 0;
    if (type === 'duplicate') {
      grid.duplicates += 1;
      grid.wastedBytes += size;
    }
    if (typeof cid !== 'string') continue;
    grid.cids.add(cid);
    if (type !== 'duplicate') grid.wanted.add(cid);
    const isSent = direction === 'sent';
    if (type === 'block' && isSent === (session === undefined)) {
      grid.blocks += 1;
      grid.blockBytes += size;
      grid.got.add(cid);
    }
    const key = `${cid} ${peer}`;
    const passages = grid.cells.get(key) ?? [];
    grid.cells.set(key, passages);
    const isStanding = standing === true;
    passages.push({ seq: record.seq, timeMs: record.time, word: type as BitswapWord, isSent, bytes: size, isStanding });
  }
  return [...grids.values()].map(settled);
}

function gridOf(grids: Map<string, GrowingGrid>, node: string, session: unknown, timeMs: number): GrowingGrid {
  const number = typeof session === 'number' ? String(session) : '';
  const id = `${node} ${number}`;
  let grid = grids.get(id);
  if (grid === undefined) {
    grid = {
      id,
      title: number === '' ? `${node}: what others ask of us` : `${node}: session ${number}`,
      cids: new Set(),
      peers: new Set(),
      cells: new Map(),
      startedMs: timeMs,
      got: new Set(),
      wanted: new Set(),
      blocks: 0,
      blockBytes: 0,
      duplicates: 0,
      wastedBytes: 0,
    };
    grids.set(id, grid);
  }
  return grid;
}

function settled(grid: GrowingGrid): BitswapGrid {
  const { id, title, startedMs, blocks, blockBytes, duplicates, wastedBytes, got, wanted } = grid;
  const cells = new Map<string, BitswapCell>();
  for (const [key, passages] of grid.cells) {
    const last = passages.at(-1);
    if (last !== undefined) cells.set(key, { passages, last });
  }
  const [cids, peers] = [[...grid.cids], [...grid.peers]];
  const isServing = id.endsWith(' ');
  const open = isServing
    ? []
    : cids.filter((cid) => wanted.has(cid) && !got.has(cid)).map((cid) => ({ cid, why: whyOpen(cid, peers, cells) }));
  return { id, title, cids, peers, cells, startedMs, blocks, blockBytes, duplicates, wastedBytes, open };
}

function whyOpen(cid: string, peers: readonly string[], cells: ReadonlyMap<string, BitswapCell>): string {
  const asked = peers.flatMap((peer) => cells.get(`${cid} ${peer}`) ?? []);
  const said = (word: BitswapWord): number =>
    asked.filter(({ passages }) => passages.some((passage) => passage.word === word)).length;
  if (
    said('cancel') > 0 &&
    said('want-have') + said('want-block') > 0 &&
    asked.every(({ last }) => last.word === 'cancel')
  )
    return 'it was given up';
  const stood = asked.some(({ passages }) => passages.some(({ isStanding }) => isStanding));
  return `${whyUnanswered(asked.length, said)}${stood ? '; it was open before the look began' : ''}`;
}

function whyUnanswered(asked: number, said: (word: BitswapWord) => number): string {
  const [haves, missing, stalls] = [said('have'), said('dont-have'), said('stall')];
  const one = 'the one peer that was asked';
  if (missing === asked) return asked === 1 ? `${one} does not have it` : `all ${asked} peers asked do not have it`;
  if (stalls > 0) return `${asked === 1 ? one : `${stalls} of ${asked} peers asked`} let it wait too long`;
  if (haves > 0)
    return `${asked === 1 ? one : `${haves} of ${asked} peers`} ${haves === 1 ? 'has' : 'have'} it, and the block has not come`;
  return asked === 1 ? `${one} has not answered` : `${asked - missing} of ${asked} peers asked have not answered`;
}
