import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { cidOf } from '../../src/dag/block.js';
import { blocksOf } from '../../src/dag/get-block.js';
import { importTree } from '../../src/dag/importer.js';
import { resolvePath, safeEntryPath } from '../../src/dag/path.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { rejectedCode } from '../platform/store-suite.js';
import { thrownCode, utf8 } from '../support/decoding.js';
import { contentOf, HandMade, importEntries } from './content.js';

describe('resolvePath', () => {
  test('a CID alone needs no block', async () => {
    const none = (): never => {
      throw new Error('asked for a block');
    };
    const text = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
    for (const path of [text, `/ipfs/${text}`, `/ipfs/${text}/`, `${text}//`, CID.parse(text)]) {
      expect((await resolvePath(none, path)).toString()).toBe(text);
    }
  });

  test.each(['', '/', '/ipfs/', 'a/b', '/ipns/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', '../x'])(
    '"%s" has no CID in front',
    async (path) => {
      expect(await rejectedCode(resolvePath(new HandMade().get, path))).toBe('ERR_INVALID_ARGUMENT');
    },
  );

  test('a slash always separates, and a backslash is a character', async () => {
    const made = new HandMade();
    const leaf = await made.raw(utf8('leaf'));
    const root = await made.directory({ 'a\\b': leaf, 'a\\': await made.directory({ c: leaf }) });
    expect((await resolvePath(made.get, `${root.toString()}/a\\b`)).toString()).toBe(leaf.toString());
    expect((await resolvePath(made.get, `${root.toString()}/a\\/c`)).toString()).toBe(leaf.toString());
  });

  test('names of a sharded directory are looked for as they are', async () => {
    const store = new MemoryBlockStore();
    const names = ['a', 'b', ...Array.from({ length: 40 }, (_, at) => `entry ${at}`)];
    const entries = names.map((path, seed) => ({ path, size: 1, seed }));
    const { cid } = await importTree(store, importEntries(entries), { shardThresholdBytes: 0 });
    for (const { path, seed } of entries) {
      expect((await resolvePath(blocksOf(store), `${cid.toString()}/${path}`)).toString()).toBe(
        cidOf(0x55, contentOf(1, seed)).toString(),
      );
    }
    expect(await rejectedCode(resolvePath(blocksOf(store), `${cid.toString()}/a\\`))).toBe('ERR_PATH_NOT_FOUND');
    expect(await rejectedCode(resolvePath(blocksOf(store), `${cid.toString()}/a/b`))).toBe('ERR_PATH_NOT_FOUND');
  });

  test('a block on the way that does not decode', async () => {
    const made = new HandMade();
    const garbage = await made.put(0x70, utf8('garbage'));
    expect(await rejectedCode(resolvePath(made.get, `${garbage.toString()}/a`))).toBe('ERR_DAG_INVALID');
    expect(await rejectedCode(resolvePath(made.get, `${(await made.directory({ d: garbage })).toString()}/d/a`))).toBe(
      'ERR_DAG_INVALID',
    );
  });
});

describe('safeEntryPath', () => {
  test.each([
    { names: [], path: '' },
    { names: ['a'], path: 'a' },
    { names: ['a', 'b c', '...', 'Ünï', '.hidden', 'a\\b', 'con'], path: 'a/b c/.../Ünï/.hidden/a\\b/con' },
  ])('$names -> $path', ({ names, path }) => {
    expect(safeEntryPath(names)).toBe(path);
  });

  test.each(['', '.', '..', 'a/b', '/etc', '../x', 'a\0b'])('%j is refused everywhere', (name) => {
    expect(thrownCode(() => safeEntryPath(['a', name]))).toBe('ERR_DAG_INVALID');
    expect(thrownCode(() => safeEntryPath([name, 'a'], 'windows'))).toBe('ERR_DAG_INVALID');
  });

  test.each(['a\\b', 'C:', 'a:b', 'con', 'NUL.txt', 'com1', 'a.', 'a ', 'a\nb', 'a*', 'a?', 'a"', '<', '>', '|'])(
    '%j is refused on Windows',
    (name) => {
      expect(safeEntryPath([name])).toBe(name);
      expect(thrownCode(() => safeEntryPath([name], 'windows'))).toBe('ERR_DAG_INVALID');
    },
  );
});
