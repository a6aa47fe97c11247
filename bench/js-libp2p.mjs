// js-libp2p 3 and helia 7 as a contender, on the pins of test/peers/js-modern and with the limits lifted there.
import '../test/peers/js-modern/polyfill.mjs';

const { createNode, privateKey } = await import('../test/peers/js-modern/node.mjs');
const { multiaddr } = await import('../test/peers/js-modern/packages.mjs');

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const LIFTED = 1_000_000;
const PIECE = new Uint8Array(64 * 1024);

/** Starts a node, see contender.mjs. */
export async function createContender({ kind, security, listens }) {
  const config = {
    key: await privateKey('ed25519'),
    security: [security],
    identify: kind !== 'bare',
    listen: listens ? ['/ip4/127.0.0.1/tcp/0'] : [],
  };
  const { node, helia } =
    kind === 'content'
      ? await (await import('../test/peers/js-modern/content.mjs')).startHelia(config)
      : { node: await createNode(config) };
  await node.unhandle(PERF);
  await node.handle(PERF, (stream) => void servePerf(stream).catch((error) => stream.abort(error)), {
    maxInboundStreams: LIFTED,
  });
  const identified = identifications(node);
  return {
    peerId: node.peerId.toString(),
    addresses: node.getMultiaddrs().map(String),
    stop: () => (helia ?? node).stop(),
    dial: (address) => node.dial(multiaddr(address)),
    close: (connection) => connection.close(),
    identified: (connection) => identified.of(connection.id),
    settled: (count) => identified.settled(count),
    echo: async (connection, payload) => {
      const stream = await connection.newStream(ECHO, { maxOutboundStreams: LIFTED });
      let bytes = 0;
      const read = readToEnd(stream, (piece) => (bytes += piece.byteLength));
      stream.send(payload);
      await Promise.all([read, stream.close()]);
      if (bytes !== payload.length) throw new Error(`${bytes} bytes came back`);
    },
    perf: async (connection, send, receive) => {
      const stream = await connection.newStream(PERF, { maxOutboundStreams: LIFTED });
      let bytes = 0;
      const read = readToEnd(stream, (piece) => (bytes += piece.byteLength));
      const head = new Uint8Array(8);
      new DataView(head.buffer).setBigUint64(0, BigInt(receive));
      stream.send(head);
      await writeZeros(stream, send);
      await Promise.all([read, stream.close()]);
      if (bytes !== receive) throw new Error(`${bytes} of ${receive} bytes came`);
    },
    ...(helia === undefined ? {} : await content(helia)),
  };
}

async function content(helia) {
  const { CID, fixedSize, sha256, unixfs } = await import('../test/peers/js-modern/packages.mjs');
  const fs = unixfs(helia);
  return {
    addFile: async (source, chunkSize) => {
      const cid = await fs.addByteStream(source, { rawLeaves: true, cidVersion: 1, chunker: fixedSize({ chunkSize }) });
      return cid.toString();
    },
    readFile: (cid) => fs.cat(CID.parse(cid)),
    addBlocks: async (blocks) => {
      const cids = [];
      for (const bytes of blocks) {
        const cid = CID.createV1(0x55, await sha256.digest(bytes));
        await helia.blockstore.put(cid, bytes);
        cids.push(cid.toString());
      }
      return cids;
    },
    getBlock: async (cid) => {
      let length = 0;
      for await (const piece of helia.blockstore.get(CID.parse(cid))) length += piece.length;
      return { length };
    },
  };
}

/** Who was identified on which connection. */
function identifications(node) {
  const done = new Set();
  const waiting = new Map();
  let onCount = () => {};
  node.addEventListener('peer:identify', ({ detail }) => {
    done.add(detail.connection.id);
    waiting.get(detail.connection.id)?.();
    onCount();
  });
  node.addEventListener('connection:close', ({ detail }) => {
    done.delete(detail.id);
    onCount();
  });
  return {
    of: (id) => (done.has(id) ? undefined : new Promise((resolve) => waiting.set(id, resolve))),
    settled: (count) =>
      new Promise((resolve) => {
        onCount = () => {
          if (done.size === count && node.getConnections().length === count) resolve();
        };
        onCount();
      }),
  };
}

async function servePerf(stream) {
  const head = new Uint8Array(8);
  let filled = 0;
  await readToEnd(stream, (piece) => {
    if (filled === 8) return;
    const start = piece.subarray(0, 8 - filled);
    head.set(start, filled);
    filled += start.length;
  });
  await writeZeros(stream, Number(new DataView(head.buffer).getBigUint64(0)));
  await stream.close();
}

async function writeZeros(stream, size) {
  for (let left = size; left > 0; left -= PIECE.length) {
    if (!stream.send(PIECE.subarray(0, Math.min(left, PIECE.length)))) await stream.onDrain();
  }
}

function readToEnd(stream, onPiece) {
  return new Promise((resolve, reject) => {
    stream.addEventListener('end', () => resolve());
    stream.addEventListener('close', ({ error }) => (error ? reject(error) : resolve()));
    stream.addEventListener('message', ({ data }) => onPiece(data));
    if (stream.readableEnded) resolve();
  });
}
