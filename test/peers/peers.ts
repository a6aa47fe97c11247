/**
 * Live peers for the test suites: programs that are not ours, each in a folder beside this file with its own pins,
 * driven over a protocol of JSON lines. What each can do stands in `README.md`.
 */
import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The folders beside this file. */
export type PeerName =
  | 'js-modern'
  | 'js-v1'
  | 'js-v2'
  | 'js-secio'
  | 'js-spdy'
  | 'js-kad'
  | 'js-secio-kad'
  | 'js-lan'
  | 'js-delegated'
  | 'go-secio'
  | 'go-modern'
  | 'rust-rendezvous';

/** What `install.mjs` installs: the peers, and suites of others that run here. */
export type InstalledName = PeerName | 'js-compliance';

/** Whether a peer can be started here, and if not, why its tests are skipped. */
export type PeerReadiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Something a peer says unasked, such as `inboundSecured`. */
export interface PeerEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The answer to a command; the fields depend on the command. */
export type PeerAnswer = Readonly<Record<string, unknown>>;

/** A running peer. */
export interface Peer {
  readonly name: PeerName;
  /** In the peer's own text form: `Qm…`, `12D3Koo…` or `16Uiu2…`. */
  readonly peerId: string;
  /** Full addresses `/ip4/127.0.0.1/tcp/PORT/p2p/ID`; at least one. */
  readonly addresses: readonly [string, ...string[]];
  /** What it has said unasked so far, oldest first. */
  readonly events: readonly PeerEvent[];
  /** The latest of what it wrote to standard error. */
  readonly stderr: () => string;
  /**
   * Sends one command; commands run side by side.
   * @throws Error with the peer's own words when it answers `ok: false`, dies, or is silent for `timeoutMs`.
   */
  request(command: string, params?: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<PeerAnswer>;
  /** Ends the program and waits until it is gone; a second call waits too. */
  stop(): Promise<void>;
  /** Ends the program without a chance to say goodbye, as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;
const STDERR_TAIL_CHARACTERS = 8_000;

const WEBSOCKET_FLAG = Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-websocket'] : [];

const PROGRAMS: Readonly<Record<PeerName, readonly [string, ...string[]]>> = {
  // js-libp2p dials with the WebSocket of browsers, which Node 20 has behind a flag.
  'js-modern': [process.execPath, ...WEBSOCKET_FLAG, join(HERE, 'js-modern', 'peer.mjs')],
  'js-v1': [process.execPath, join(HERE, 'js-v1', 'peer.mjs')],
  'js-v2': [process.execPath, join(HERE, 'js-v2', 'peer.mjs')],
  'js-secio': [process.execPath, join(HERE, 'js-secio', 'peer.mjs')],
  'js-spdy': [process.execPath, join(HERE, 'js-spdy', 'peer.mjs')],
  'js-kad': [process.execPath, join(HERE, 'js-kad', 'peer.mjs')],
  'js-secio-kad': [process.execPath, join(HERE, 'js-secio-kad', 'peer.mjs')],
  'js-lan': [process.execPath, join(HERE, 'js-lan', 'peer.mjs')],
  'js-delegated': [process.execPath, join(HERE, 'js-delegated', 'peer.mjs')],
  'go-secio': [join(HERE, 'go-secio', 'bin', 'go-secio')],
  'go-modern': [process.execPath, join(HERE, 'go-modern', 'peer.mjs')],
  'rust-rendezvous': [join(HERE, 'rust-rendezvous', 'target', 'release', 'rust-rendezvous')],
};

const preparations = new Map<InstalledName, Promise<PeerReadiness>>();

/**
 * Installs or builds a peer unless it is up to date with its pins; test workers that ask at once wait for one another.
 * A missing toolchain is a reason to skip.
 * @throws Error when an install or build that should work fails.
 */
export function ensurePeer(name: InstalledName): Promise<PeerReadiness> {
  const known = preparations.get(name) ?? prepare(name);
  preparations.set(name, known);
  return known;
}

/**
 * Starts a peer, made ready first if need be.
 * @param args flags of the program, see `README.md`
 * @throws Error with the end of its standard error when it dies or does not listen in time.
 */
export async function startPeer(name: PeerName, args: readonly string[] = []): Promise<Peer> {
  const readiness = await ensurePeer(name);
  if (!readiness.ready) throw new Error(`peer ${name} cannot run: ${readiness.reason}`);
  const [program, ...fixed] = PROGRAMS[name];
  const child = spawn(program, [...fixed, ...args], { env: environment(), stdio: 'pipe' });
  return new PeerProcess(name, child).listening();
}

/**
 * The bytes `echo` sends for a seed: the AES-256-CTR keystream under SHA-256 of the decimal seed and a zero counter
 * block, so that both sides can name their hash beforehand.
 */
export function seededBytes(seed: number, size: number): Uint8Array {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function prepare(name: InstalledName): Promise<PeerReadiness> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [join(HERE, 'install.mjs'), '--json', name], { env: environment() }, (error, stdout) => {
      const outcome = parse(stdout.trim());
      if (outcome?.['ready'] === true) resolve({ ready: true });
      else if (error === null) resolve({ ready: false, reason: String(outcome?.['reason']) });
      else reject(new Error(`peer ${name} could not be made ready: ${String(outcome?.['reason'] ?? error.message)}`));
    });
  });
}

/** Jest's own flags for Node must not reach the peers. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _flags, NODE_ENV: _mode, ...rest } = process.env;
  return rest;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

interface Waiting {
  readonly resolve: (answer: PeerAnswer) => void;
  readonly reject: (error: Error) => void;
}

class PeerProcess implements Peer {
  readonly name: PeerName;
  readonly events: PeerEvent[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #announced: { readonly peerId: string; readonly addresses: readonly [string, ...string[]] } | undefined;
  #onAnnounced: () => void = () => undefined;
  #onDead: (error: Error) => void = () => undefined;
  #dead: Error | undefined;
  #stderr = '';
  #lastId = 0;

  constructor(name: PeerName, child: ChildProcessWithoutNullStreams) {
    this.name = name;
    this.#child = child;
    child.stderr.on('data', (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-STDERR_TAIL_CHARACTERS);
    });
    child.stdin.on('error', () => undefined); // it died; `close` tells the story
    createInterface({ input: child.stdout }).on('line', (line) => this.#heard(line));
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#died(error.message);
        resolve();
      });
      child.once('close', (code, signal) => {
        this.#died(`it ended with ${signal ?? String(code)}`);
        resolve();
      });
    });
  }

  get peerId(): string {
    return this.#announcement().peerId;
  }

  get addresses(): readonly [string, ...string[]] {
    return this.#announcement().addresses;
  }

  stderr = (): string => this.#stderr;

  /** Resolves with this peer once it has announced its addresses. */
  async listening(): Promise<this> {
    try {
      await withDeadline(START_TIMEOUT_MS, `peer ${this.name} did not listen`, () => {
        return new Promise<void>((resolve, reject) => {
          this.#onAnnounced = resolve;
          this.#onDead = reject;
          if (this.#announced) resolve();
          if (this.#dead) reject(this.#dead);
        });
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this;
  }

  request(command: string, params: Readonly<Record<string, unknown>> = {}, timeoutMs = REQUEST_TIMEOUT_MS) {
    const id = ++this.#lastId;
    const silence = `peer ${this.name} did not answer ${command}`;
    return withDeadline(timeoutMs, silence, () => {
      return new Promise<PeerAnswer>((resolve, reject) => {
        if (this.#dead) {
          reject(this.#dead);
          return;
        }
        this.#waiting.set(id, { resolve, reject });
        this.#child.stdin.write(`${JSON.stringify({ ...params, id, cmd: command })}\n`);
      });
    }).finally(() => this.#waiting.delete(id));
  }

  async stop(): Promise<void> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.#child.stdin.end();
    await this.#ended;
    clearTimeout(kill);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #heard(line: string): void {
    const message = parse(line);
    if (message === undefined) return;
    if (typeof message['event'] === 'string') {
      this.#noted({ ...message, event: message['event'] });
      return;
    }
    const waiting = this.#waiting.get(message['id'] as number);
    if (message['ok'] === true) waiting?.resolve(message);
    else waiting?.reject(new Error(`peer ${this.name}: ${String(message['error'])}`));
  }

  #noted(event: PeerEvent): void {
    this.events.push(event);
    if (event.event !== 'listening') return;
    const [first, ...others] = event['addresses'] as string[];
    if (first === undefined) return; // it listens nowhere: the deadline tells
    this.#announced = { peerId: String(event['peerId']), addresses: [first, ...others] };
    this.#onAnnounced();
  }

  #died(how: string): void {
    const tail = this.#stderr.trim();
    this.#dead ??= new Error(`peer ${this.name} is gone: ${how}${tail === '' ? '' : `\n${tail}`}`);
    this.#onDead(this.#dead);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#dead);
  }

  #announcement() {
    if (this.#announced === undefined) throw new Error(`peer ${this.name} does not listen yet`);
    return this.#announced;
  }
}

async function withDeadline<T>(timeoutMs: number, silence: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${silence} within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
