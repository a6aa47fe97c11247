import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CID } from 'multiformats/cid';
import { verifyBlock } from '../../src/dag/block.js';
import { openRepo } from '../../src/platform/repo.js';
import { utf8 } from '../support/decoding.js';
import { compileRepo, start } from './child.js';
import { blockOf, collect, rejectedCode } from './store-suite.js';

/** Opens the repo named, says so, and closes it when its standard input ends. */
const HOLD = `
import { openRepo } from './src/platform/repo.js';
try {
  const repo = await openRepo(process.argv[2]);
  console.log('open');
  process.stdin.on('end', async () => { await repo.close(); console.log('closed'); }).resume();
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}`;

/** Puts blocks of 16 KiB until the store fails, and names each that was acknowledged. */
const FILL = `
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { openRepo } from './src/platform/repo.js';
const repo = await openRepo(process.argv[2]);
for (let number = 0; ; number++) {
  const bytes = new Uint8Array(16384).fill(number);
  new DataView(bytes.buffer).setUint32(0, number);
  const cid = CID.createV1(0x55, create(0x12, createHash('sha256').update(bytes).digest()));
  try {
    await repo.blocks.putMany([{ cid, bytes }]);
    console.log(cid.toString());
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, blame: error.blame, cause: String(error.cause) }));
    break;
  }
}
await repo.close();`;

let base = '';
let folder = '';
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'repo-test-'));
  await compileRepo(base);
  await writeFile(join(base, 'hold.mjs'), HOLD);
  await writeFile(join(base, 'fill.mjs'), FILL);
});
beforeEach(() => {
  folder = join(base, `repo-${count++}`, 'deep');
});
afterAll(() => rm(base, { recursive: true, force: true }));

const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => (error as Error).message,
  );

describe('opening', () => {
  test('makes the folder, and finds everything again', async () => {
    const first = await openRepo(folder);
    await first.blocks.putMany([blockOf(1), blockOf(2, 10_000)]);
    await first.data.put('/a', utf8('1'));
    await first.identityKey.put(utf8('a private key'));
    await first.close();
    const second = await openRepo(folder);
    expect(second.folder).toBe(folder);
    expect(await second.blocks.getMany([blockOf(1).cid, blockOf(2, 10_000).cid])).toEqual([
      blockOf(1).bytes,
      blockOf(2, 10_000).bytes,
    ]);
    expect(await second.data.get('/a')).toEqual(utf8('1'));
    expect(await second.identityKey.get()).toEqual(utf8('a private key'));
    await second.close();
    expect((await readdir(folder)).sort()).toEqual(['identity.key', 'store', 'version']);
  });

  test('has no key at first; the key is for its owner alone and is replaced whole', async () => {
    const repo = await openRepo(folder);
    expect(await repo.identityKey.get()).toBeUndefined();
    await repo.identityKey.put(utf8('a long first key'));
    await repo.identityKey.put(utf8('second'));
    expect(await repo.identityKey.get()).toEqual(utf8('second'));
    expect((await stat(join(folder, 'identity.key'))).mode & 0o777).toBe(0o600);
    await repo.close();
    await repo.close();
  });

  test('removes what a process left that ended in the middle of writing a file, and nothing else', async () => {
    await (await openRepo(folder)).close();
    const dead = 999_999_999;
    const names = [`identity.key.${dead}`, `identity.key.${process.ppid}`, `holder.json.${dead}`, `version.${dead}`];
    const kept = [`version.${process.ppid}`, 'identity.key.backup'];
    for (const name of [...names, ...kept]) await writeFile(join(folder, name), 'half a');
    await (await openRepo(folder)).close();
    expect((await readdir(folder)).sort()).toEqual([...kept, 'store', 'version'].sort());
  });

  test('refuses a folder with other things in it, and leaves them alone', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'thesis.txt'), 'text');
    expect(await rejectedCode(openRepo(folder))).toBe('ERR_REPO_INVALID');
    expect(await message(openRepo(folder))).toContain('thesis.txt');
    expect(await readdir(folder)).toEqual(['thesis.txt']);
  });

  test.each(['2\n', '', 'one', '11'])('refuses version %j', async (version) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'version'), version);
    expect(await rejectedCode(openRepo(folder))).toBe('ERR_REPO_INVALID');
  });

  test('refuses a damaged store', async () => {
    await (await openRepo(folder)).close();
    for (const database of ['bodies', 'main']) {
      await writeFile(join(folder, 'store', database, 'CURRENT'), 'garbage');
      expect(await rejectedCode(openRepo(folder))).toBe('ERR_REPO_INVALID');
    }
  });

  test('a file in its place is a failure of the disk', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file');
    expect(await rejectedCode(openRepo(folder))).toBe('ERR_STORE_FAILED');
  });
});

describe('the lock', () => {
  test('a repo is opened once in a process, and again when it is free', async () => {
    const repo = await openRepo(folder);
    expect(await rejectedCode(openRepo(folder))).toBe('ERR_REPO_LOCKED');
    expect(await message(openRepo(folder))).toContain(`this very process (${process.pid})`);
    await repo.blocks.putMany([blockOf(1)]);
    await repo.close();
    const again = await openRepo(folder);
    expect(await again.blocks.has(blockOf(1).cid)).toBe(true);
    await again.close();
  });

  test('names the process that holds it, its command too, and opens when that one has closed', async () => {
    const holder = start(base, process.execPath, ['hold.mjs', folder]);
    expect(await holder.line()).toBe('open');
    expect(await rejectedCode(openRepo(folder))).toBe('ERR_REPO_LOCKED');
    const text = await message(openRepo(folder));
    expect(text).toContain(`process ${holder.process.pid}`);
    expect(text).toContain(join(base, 'hold.mjs'));
    expect(text).toContain(folder);
    holder.process.stdin?.end();
    expect(await holder.line()).toBe('closed');
    await holder.ended;
    await (await openRepo(folder)).close();
  });

  test('the other process hears our name as well', async () => {
    const repo = await openRepo(folder);
    const other = start(base, process.execPath, ['hold.mjs', folder]);
    const answer = JSON.parse(await other.line()) as { code: string; message: string };
    expect(answer.code).toBe('ERR_REPO_LOCKED');
    expect(answer.message).toContain(`process ${process.pid} (`);
    await other.ended;
    await repo.close();
  });

  test('is taken over from a process that was killed', async () => {
    const holder = start(base, process.execPath, ['hold.mjs', folder]);
    expect(await holder.line()).toBe('open');
    holder.process.kill('SIGKILL');
    await holder.ended;
    expect(JSON.parse(await readFile(join(folder, 'holder.json'), 'utf8'))).toMatchObject({ pid: holder.process.pid });
    const repo = await openRepo(folder);
    expect(JSON.parse(await readFile(join(folder, 'holder.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    await repo.close();
  });

  test.each(['', '{"pid":1', 'null', '{"pid":"1"}', '{"pid":999999999,"command":"ghost"}'])(
    'a holder file of %j names nobody, and is no reason to fail otherwise',
    async (content) => {
      const repo = await openRepo(folder);
      await writeFile(join(folder, 'holder.json'), content);
      expect(await rejectedCode(openRepo(folder))).toBe('ERR_REPO_LOCKED');
      expect(await message(openRepo(folder))).toContain('another process, which has not written its name yet');
      await repo.close();
    },
  );

  test('two processes that make the same repo at once: one has it, the other hears so', async () => {
    const children = [1, 2].map(() => start(base, process.execPath, ['hold.mjs', folder]));
    const answers = await Promise.all(children.map((child) => child.line()));
    expect(answers.filter((answer) => answer === 'open')).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('ERR_REPO_LOCKED'))).toHaveLength(1);
    for (const child of children) child.process.stdin?.end();
    await Promise.all(children.map((child) => child.ended));
  });
});

describe('a disk that is full', () => {
  const isPosix = process.platform !== 'win32';

  // The shell limits the size of any file to 500 KiB (or 1000, shells differ), which is less than a log of the store.
  (isPosix ? test : test.skip)(
    'ends in ERR_STORE_FAILED, and every acknowledged block is there afterwards',
    async () => {
      const child = start(base, 'sh', ['-c', 'ulimit -f 1000 && exec "$0" fill.mjs "$1"', process.execPath, folder]);
      const acknowledged: string[] = [];
      let last = await child.line();
      for (; !last.startsWith('{'); last = await child.line()) acknowledged.push(last);
      expect(JSON.parse(last)).toMatchObject({ code: 'ERR_STORE_FAILED', blame: 'local' });
      expect(await child.ended).toBe(0);
      expect(acknowledged.length).toBeGreaterThan(10);
      const repo = await openRepo(folder);
      for (const text of acknowledged) {
        const bytes = await repo.blocks.get(CID.parse(text));
        expect(bytes).toBeDefined();
        verifyBlock(CID.parse(text), bytes!);
      }
      const listed = (await collect(repo.blocks.cids())).map(String);
      expect(acknowledged.filter((text) => !listed.includes(text))).toEqual([]);
      await repo.close();
    },
  );
});
