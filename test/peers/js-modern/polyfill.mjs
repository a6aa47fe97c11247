// What the pinned packages expect of newer Node versions and Node 20 lacks. Imported before any of them.
import workerThreads from 'node:worker_threads';
import zlib from 'node:zlib';

Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new this((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

// undici 8, which helia pulls in for its HTTP gateways, touches these at import; nothing here calls them.
zlib.createZstdDecompress ??= () => {
  throw new Error('zstd is not part of this Node');
};
workerThreads.markAsUncloneable ??= () => {};
