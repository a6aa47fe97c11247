// helia 7 without gateways or routing: blocks come over bitswap from connected peers only.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { withBitswap } from '@helia/bitswap';
import { withLibp2pLight } from '@helia/libp2p';
import { unixfs } from '@helia/unixfs';
import { createHeliaLight } from 'helia';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { many, seededChunks, Tally } from '../control.mjs';
import { connect, libp2pConfig } from './node.mjs';
import { serveProtocols } from './protocols.mjs';

const RAW = 0x55;
const LIFTED = 1_000_000;

/** Starts helia with a memory store around a node of ours. */
export async function startHelia(config) {
  const limits = { maxInboundStreams: LIFTED, maxOutboundStreams: LIFTED };
  const helia = withBitswap(withLibp2pLight(createHeliaLight(), libp2pConfig(config)), limits);
  await helia.start();
  const node = helia.libp2p;
  await serveProtocols(node, limits);
  return { helia, node };
}

/** The commands that need content, see ../README.md. */
export function contentCommands(helia, node) {
  const fs = unixfs(helia);
  return {
    addFile: async ({ path, options = {} }) => ({ cid: (await add(fs, path, importOptions(options))).toString() }),
    get: async ({ cid, address, out }) => {
      const started = performance.now();
      const root = CID.parse(cid);
      if (address) await connect(node, address);
      const files = [];
      await exportTree(fs, root, '', out, files);
      const millis = performance.now() - started;
      if (files.length === 1 && files[0].path === '') return { bytes: files[0].bytes, sha256: files[0].sha256, millis };
      return { bytes: files.reduce((sum, file) => sum + file.bytes, 0), files, millis };
    },
    addBlocks: async ({ count, size, seed = 0 }) => {
      const cids = [];
      for (const bytes of seededChunks(seed, count * size, size)) {
        const cid = CID.createV1(RAW, await sha256.digest(bytes));
        await helia.blockstore.put(cid, bytes);
        cids.push(cid.toString());
      }
      return { cids };
    },
    getBlocks: async ({ cids, address, concurrency = 32 }) => {
      if (address) await connect(node, address);
      const left = cids.map((cid) => CID.parse(cid));
      let bytes = 0;
      const work = async () => {
        for await (const piece of helia.blockstore.get(left.pop())) bytes += piece.byteLength;
      };
      return { ...(await many({ count: cids.length, concurrency }, async () => work)), bytes };
    },
    hasBlock: async ({ cid }) => ({ has: await helia.blockstore.has(CID.parse(cid)) }),
  };
}

function importOptions({ cidVersion, rawLeaves, chunkSize, maxLinks }) {
  return {
    ...(cidVersion === undefined ? {} : { cidVersion }),
    ...(rawLeaves === undefined ? {} : { rawLeaves }),
    ...(chunkSize === undefined ? {} : { chunker: fixedSize({ chunkSize }) }),
    ...(maxLinks === undefined ? {} : { layout: balanced({ maxChildrenPerNode: maxLinks }) }),
  };
}

async function add(fs, path, options) {
  if (!(await stat(path)).isDirectory()) return fs.addByteStream(createReadStream(path), options);
  let root;
  for await (const { cid } of fs.addAll(entriesOf(path), { ...options, wrapWithDirectory: true })) root = cid;
  return root;
}

async function* entriesOf(directory, prefix = '') {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const [from, path] = [join(directory, entry.name), `${prefix}${entry.name}`];
    if (entry.isDirectory()) {
      yield { path };
      yield* entriesOf(from, `${path}/`);
    } else {
      yield { path, content: createReadStream(from) };
    }
  }
}

async function exportTree(fs, cid, path, out, files) {
  const { type } = await fs.stat(cid);
  if (type === 'directory') {
    if (out) await mkdir(out, { recursive: true });
    for await (const entry of fs.ls(cid)) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      await exportTree(fs, entry.cid, below, out && join(out, entry.name), files);
    }
    return;
  }
  const tally = new Tally();
  const file = out ? createWriteStream(out) : undefined;
  for await (const piece of fs.cat(cid)) {
    tally.add(piece);
    if (file?.write(piece) === false) await once(file, 'drain');
  }
  if (file) await new Promise((resolve, reject) => file.end((error) => (error ? reject(error) : resolve())));
  files.push({ path, ...tally.digest() });
}
