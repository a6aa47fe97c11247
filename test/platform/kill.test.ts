/**
 * A process that writes to a repo is killed at any moment: opening, between batches, in the middle of one. What it had
 * acknowledged is there afterwards, byte for byte; what it had not is there whole or not at all; and the repo goes on.
 *
 * A few tries here; a hundred with `npm run test:kill`, and `KILL_SEED` repeats a run as far as time lets it.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { verifyBlock } from '../../src/dag/block.js';
import { openRepo, type Repo } from '../../src/platform/repo.js';
import { toHex } from '../support/decoding.js';
import { seededDraw } from '../support/muxer-pair.js';
import { compileRepo, start, type Child } from './child.js';

const TRIES = Number(process.env['KILL_TRIES'] ?? 25);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
/** Tries on one repo before the next one is made: what is in it is read whole after each. */
const TRIES_PER_REPO = 10;

/**
 * Writes until it is killed. Says what it is about to do where either outcome is right afterwards, and what is done.
 * Blocks of every size go in batches, two of them under way at a time; records are counters that only go up.
 */
const WRITE = `
import { createCipheriv, createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { openRepo } from './src/platform/repo.js';
const [folder, seed] = process.argv.slice(2);
const SIZES = [16, 100, 4096, 4097, 262144, 1048576, 2097152];
const draw = createCipheriv('aes-128-ctr', createHash('md5').update(seed).digest(), Buffer.alloc(16));
const number = (below) => draw.update(Buffer.alloc(4)).readUInt32LE() % below;
const newBlock = () => {
  const bytes = new Uint8Array(draw.update(Buffer.alloc(SIZES[number(SIZES.length)])));
  return { bytes, cid: CID.createV1(0x55, create(0x12, createHash('sha256').update(bytes).digest())) };
};
const say = (line) => process.stdout.write(line + '\\n');
const repo = await openRepo(folder);
say('open');
const key = (await repo.identityKey.get()) ?? new Uint8Array(draw.update(Buffer.alloc(68)));
await repo.identityKey.put(key);
say('identity ' + Buffer.from(key).toString('hex'));
const stored = [];
const putBatch = async (batch) => {
  const blocks = Array.from({ length: 1 + number(4) }, newBlock);
  await repo.blocks.putMany(blocks);
  for (const { cid } of blocks) say('block ' + cid);
  stored.push(...blocks.map(({ cid }) => cid));
  say('batch ' + batch);
};
const count = async (key) => {
  const before = Number(Buffer.from((await repo.data.get(key)) ?? '0').toString());
  await repo.data.put(key, new TextEncoder().encode(String(before + 1)));
  say('record ' + key + ' ' + (before + 1));
};
for (let batch = 0; ; batch += 2) {
  await Promise.all([putBatch(batch), count('/peers/' + number(5)), putBatch(batch + 1)]);
  if (number(3) === 0) await repo.identityKey.put(key);
  if (number(2) === 0 && stored.length > 0) {
    const [cid] = stored.splice(number(stored.length), 1);
    say('deleting ' + cid);
    await repo.blocks.delete(cid);
    say('deleted ' + cid);
  }
}`;

/** What the writers of one repo have acknowledged. */
class Ledger {
  readonly blocks = new Set<string>();
  readonly gone = new Set<string>();
  readonly records = new Map<string, number>();
  identity: string | undefined;

  hear(line: string): void {
    const [what, name = '', value] = line.split(' ');
    if (what === 'identity') this.identity ??= name;
    if (what === 'block') this.blocks.add(name);
    if (what === 'record') this.records.set(name, Number(value));
    if (what === 'deleting') this.blocks.delete(name);
    if (what === 'deleted') this.gone.add(name);
  }

  /** Everything that the repo must hold, and that nothing in it is half there. */
  async check(repo: Repo): Promise<void> {
    const listed = new Set<string>();
    for await (const cid of repo.blocks.cids()) {
      listed.add(cid.toString());
      const bytes = await repo.blocks.get(cid);
      expect({ cid: cid.toString(), isThere: bytes !== undefined }).toEqual({ cid: cid.toString(), isThere: true });
      verifyBlock(cid, bytes!);
    }
    expect([...this.blocks].filter((cid) => !listed.has(cid))).toEqual([]);
    expect([...this.gone].filter((cid) => listed.has(cid))).toEqual([]);
    for (const [key, value] of this.records) {
      const stored = Number(Buffer.from((await repo.data.get(key)) ?? []).toString());
      expect({ key, stored: stored === value || stored === value + 1 }).toEqual({ key, stored: true });
      this.records.set(key, stored);
    }
    const identity = await repo.identityKey.get();
    if (this.identity !== undefined) expect(toHex(identity ?? new Uint8Array(0))).toBe(this.identity);
  }
}

let base = '';
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'kill-test-'));
  await compileRepo(base);
  await writeFile(join(base, 'write.mjs'), WRITE);
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** Reads lines until `batches` of them were batches; all of them until the end where that is never. */
async function hear(child: Child, ledger: Ledger, batches: number): Promise<void> {
  for (let heard = 0; heard < batches;) {
    const line = await child.line();
    ledger.hear(line);
    if (line.startsWith('batch ')) heard++;
  }
}

/** One writer, killed; answers how many batches it had acknowledged. */
async function killOne(folder: string, ledger: Ledger, seed: number): Promise<void> {
  const draw = seededDraw(seed);
  const child = start(base, process.execPath, ['write.mjs', folder, String(seed)]);
  // One in four dies while it starts, opens or makes the repo; the others among their batches.
  const isEarly = draw(4) === 0;
  if (!isEarly) await hear(child, ledger, draw(8));
  await delay(draw(isEarly ? 300 : 40));
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe(null);
  await hear(child, ledger, Infinity).catch((ended: unknown) =>
    expect((ended as Error).message).toMatch(/before it wrote a line: $/),
  );
}

test(
  `${TRIES} kills leave every acknowledged block, KILL_SEED=${SEED}`,
  async () => {
    let blocks = 0;
    let records = 0;
    for (let first = 0; first < TRIES; first += TRIES_PER_REPO) {
      const folder = join(base, `repo-${first}`);
      const ledger = new Ledger();
      for (let attempt = first; attempt < Math.min(first + TRIES_PER_REPO, TRIES); attempt++) {
        await killOne(folder, ledger, SEED * 1000 + attempt);
        const repo = await openRepo(folder);
        await ledger.check(repo);
        await repo.close();
        // What died in the middle of replacing a file has left nothing, the key least of all.
        const left = (await readdir(folder)).filter((name) => name !== 'identity.key');
        expect(left.sort()).toEqual(['store', 'version']);
      }
      blocks += ledger.blocks.size;
      records += ledger.records.size;
      await rm(folder, { recursive: true });
    }
    expect(Math.min(blocks, records)).toBeGreaterThan(0);
    if (process.env['KILL_TRIES']) process.stderr.write(`${TRIES} kills, ${blocks} blocks, ${records} records\n`);
  },
  60_000 + TRIES * 10_000,
);
