// The limits: bytes over a bare TCP connection, and through a cipher with nothing else around it. What a protocol with
// that cipher reaches on this machine cannot be more.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { parseFlags, serveControl } from '../test/peers/control.mjs';

const PIECE = Buffer.alloc(64 * 1024);
const KEY = createSecretKey(Buffer.alloc(32, 7));
const TAG_BYTES = 16;
const MAC_BYTES = 32;
const LENGTH_BYTES = 4;

/** Each makes a sealer (plaintext to pieces) and an opener (frame to plaintext). */
const CIPHERS = {
  none: undefined,
  'chacha20-poly1305': {
    plaintextBytes: 65_535 - TAG_BYTES,
    sealer: () => {
      const nonce = nonces();
      return (plaintext) => {
        const cipher = createCipheriv('chacha20-poly1305', KEY, nonce(), { authTagLength: TAG_BYTES });
        const sealed = cipher.update(plaintext);
        cipher.final();
        return [sealed, cipher.getAuthTag()];
      };
    },
    opener: () => {
      const nonce = nonces();
      return (frame) => {
        const decipher = createDecipheriv('chacha20-poly1305', KEY, nonce(), { authTagLength: TAG_BYTES });
        decipher.setAuthTag(frame.subarray(-TAG_BYTES));
        const plaintext = decipher.update(frame.subarray(0, -TAG_BYTES));
        decipher.final();
        return plaintext;
      };
    },
  },
  'aes-256-ctr + hmac-sha256': {
    plaintextBytes: PIECE.length,
    sealer: () => {
      const cipher = createCipheriv('aes-256-ctr', KEY, Buffer.alloc(16));
      return (plaintext) => {
        const sealed = cipher.update(plaintext);
        return [sealed, createHmac('sha256', KEY).update(sealed).digest()];
      };
    },
    opener: () => {
      const cipher = createCipheriv('aes-256-ctr', KEY, Buffer.alloc(16));
      return (frame) => {
        const sealed = frame.subarray(0, -MAC_BYTES);
        const mac = createHmac('sha256', KEY).update(sealed).digest();
        if (!timingSafeEqual(mac, frame.subarray(-MAC_BYTES))) throw new Error('wrong MAC');
        return cipher.update(sealed);
      };
    },
  },
};

function nonces() {
  const nonce = Buffer.alloc(12);
  let count = 0;
  return () => {
    nonce.writeUInt32LE(count++, 4);
    return nonce;
  };
}

/** Sends `size` plaintext bytes as the socket takes them, then ends it. */
async function send(socket, size, name) {
  const cipher = CIPHERS[name];
  const seal = cipher?.sealer();
  let wrote = true;
  for (let left = size; left > 0;) {
    const plaintext = PIECE.subarray(0, Math.min(left, cipher?.plaintextBytes ?? PIECE.length));
    left -= plaintext.length;
    if (seal === undefined) wrote = socket.write(plaintext);
    else {
      const [body, tag] = seal(plaintext);
      const length = Buffer.allocUnsafe(LENGTH_BYTES);
      length.writeUInt32BE(body.length + tag.length);
      socket.cork();
      socket.write(length);
      socket.write(body);
      wrote = socket.write(tag);
      socket.uncork();
    }
    if (!wrote) await once(socket, 'drain');
  }
  socket.end();
}

/** Counts the plaintext bytes that come until the end. */
async function receive(socket, name) {
  const open = CIPHERS[name]?.opener();
  const frame = Buffer.alloc(2 * PIECE.length);
  let filled = 0;
  let bytes = 0;
  const take = (chunk) => {
    if (open === undefined) {
      bytes += chunk.length;
      return;
    }
    for (let at = 0; at < chunk.length;) {
      const wanted = filled < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + frame.readUInt32BE(0);
      const size = Math.min(wanted - filled, chunk.length - at);
      frame.set(chunk.subarray(at, at + size), filled);
      filled += size;
      at += size;
      if (filled < LENGTH_BYTES || filled < LENGTH_BYTES + frame.readUInt32BE(0)) continue;
      bytes += open(frame.subarray(LENGTH_BYTES, filled)).length;
      filled = 0;
    }
  };
  socket.on('data', take);
  await once(socket, 'end');
  return bytes;
}

const flags = parseFlags({ cipher: { type: 'string', default: 'none' } });
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  // The first eight bytes say how much is wanted.
  socket.once('data', (head) =>
    send(socket, Number(head.readBigUInt64BE()), flags.cipher).catch(() => socket.destroy()),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

serveControl({
  peerId: '',
  addresses: [String(server.address().port)],
  commands: {
    cpu: async () => process.cpuUsage(),
    perf: async ({ address, receive: size }) => {
      const started = performance.now();
      const socket = connect({ host: '127.0.0.1', port: Number(address), noDelay: true });
      await once(socket, 'connect');
      const head = Buffer.alloc(8);
      head.writeBigUInt64BE(BigInt(size));
      socket.write(head);
      const bytes = await receive(socket, flags.cipher);
      if (bytes !== size) throw new Error(`${bytes} of ${size} bytes came`);
      return { millis: performance.now() - started };
    },
  },
  stop: () => new Promise((resolve) => server.close(resolve)),
  lifetimeSeconds: flags['lifetime-seconds'],
});
