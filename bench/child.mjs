// A child process that speaks the control protocol of test/peers: JSON objects, one a line.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;
const STDERR_TAIL_CHARACTERS = 4_000;

/** One program under measurement. It ends when it is told to, when this process ends, and after its lifetime. */
export class Child {
  #process;
  #ended;
  #waiting = new Map();
  #lastId = 0;
  #stderr = '';
  #announced;
  #announce;
  #refuse;

  /** Starts `node FLAGS SCRIPT ARGUMENTS`; resolves when it listens. */
  static async start(script, args = [], flags = []) {
    const child = new Child(script, args, flags);
    try {
      await bounded(START_TIMEOUT_MS, `${script} does not listen`, child.#announced);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return child;
  }

  constructor(script, args, flags) {
    const begun = performance.now();
    this.#announced = new Promise((resolve, reject) => ([this.#announce, this.#refuse] = [resolve, reject]));
    this.#announced.catch(() => undefined);
    this.#process = spawn(process.execPath, [...flags, script, ...args], { stdio: 'pipe' });
    this.#process.stdin.on('error', () => undefined); // it died: `close` tells
    this.#process.stderr.on('data', (text) => (this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_CHARACTERS)));
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#heard(line, begun));
    this.#ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        const error = new Error(`${script} is gone (${signal ?? code})\n${this.#stderr.trim()}`);
        this.#refuse(error);
        for (const { reject } of this.#waiting.values()) reject(error);
        resolve(error);
      });
    });
  }

  /** Resolves when it is gone, whyever, to what there is to say of it. */
  get gone() {
    return this.#ended;
  }

  /** Sends one command and waits for its answer, so long. Rejects with the program's own words. */
  request(cmd, params = {}, timeoutMs = REQUEST_TIMEOUT_MS) {
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#process.stdin.write(`${JSON.stringify({ ...params, id, cmd })}\n`);
    return bounded(timeoutMs, `no answer to ${cmd}`, answer).finally(() => this.#waiting.delete(id));
  }

  /** Ends it and waits until it is gone. */
  async stop() {
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.#process.stdin.end();
    await this.#ended;
    clearTimeout(kill);
  }

  #heard(line, begun) {
    if (!line.startsWith('{')) return;
    const message = JSON.parse(line);
    if (message.event === 'listening') {
      this.startMillis = performance.now() - begun;
      this.peerId = message.peerId;
      [this.address] = message.addresses;
      this.#announce();
    } else if (message.ok === true) this.#waiting.get(message.id)?.resolve(message);
    else if (message.ok === false) this.#waiting.get(message.id)?.reject(new Error(message.error));
  }
}

async function bounded(timeoutMs, what, promise) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
