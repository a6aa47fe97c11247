#!/usr/bin/env node
// Installs or builds the peer programs, each once per state of its pins.
//
//   node test/peers/install.mjs               every npm peer
//   node test/peers/install.mjs --go          the Go peers too; without a Go toolchain they are skipped
//   node test/peers/install.mjs --rust        the Rust peer too; without cargo it is skipped
//   node test/peers/install.mjs NAME...       only these
//   node test/peers/install.mjs --json NAME   one JSON line: { "name", "ready" } or { "name", "ready": false, "reason" }
//
// The exit code is 0 unless something that should have worked failed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LOCK_WAIT_MS = 20 * 60 * 1000;
const LOCK_POLL_MS = 250;
const TAIL_CHARACTERS = 4000;

const PEERS = {
  'js-modern': { tool: 'npm', result: 'node_modules' },
  'js-v1': { tool: 'npm', result: 'node_modules' },
  'js-v2': { tool: 'npm', result: 'node_modules' },
  'js-secio': { tool: 'npm', result: 'node_modules' },
  'js-compliance': { tool: 'npm', result: 'node_modules', folder: '../compliance' },
  'js-spdy': { tool: 'npm', result: 'node_modules' },
  'js-kad': { tool: 'npm', result: 'node_modules' },
  'js-secio-kad': { tool: 'npm', result: 'node_modules' },
  'js-lan': { tool: 'npm', result: 'node_modules' },
  'js-delegated': { tool: 'npm', result: 'node_modules' },
  'go-secio': { tool: 'go', result: 'bin', build: ['-o', 'bin/go-secio', '.'] },
  'go-modern': { tool: 'go', result: 'bin', build: ['-o', 'bin/ipfs', 'github.com/ipfs/kubo/cmd/ipfs'] },
  'rust-rendezvous': { tool: 'cargo', result: 'target', build: ['--release', '--locked'] },
};

/** What a tool is asked to see whether it is here. */
const VERSION_OF = { go: ['version'], cargo: ['--version'] };

/** Names of the files that decide what an install or build yields. */
const PINS = {
  npm: /^(package(-lock)?\.json|\.npmrc)$/,
  go: /\.go$|^go\.(mod|sum)$/,
  cargo: /^Cargo\.(toml|lock)$|^src\/[^/]+\.rs$/,
};

const { values: flags, positionals } = parseArgs({
  options: {
    go: { type: 'boolean', default: false },
    rust: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const wantedTools = { npm: true, go: flags.go, cargo: flags.rust };
const names = positionals.length > 0 ? positionals : Object.keys(PEERS).filter((name) => wantedTools[PEERS[name].tool]);

for (const name of names) {
  const started = Date.now();
  const outcome = await prepare(name).catch((error) => ({ ready: false, reason: error.message, failed: true }));
  if (outcome.failed) process.exitCode = 1;
  if (flags.json) console.log(JSON.stringify({ name, ...outcome }));
  else
    console.log(
      `${name}: ${outcome.ready ? outcome.how : `${outcome.failed ? 'failed' : 'skipped'}: ${outcome.reason}`} (${Date.now() - started} ms)`,
    );
}

/** Brings one peer up to date with its pins; a missing toolchain is no failure, a broken build is. */
async function prepare(name) {
  const peer = PEERS[name];
  if (peer === undefined) throw new Error(`no peer is called ${name}; there are ${Object.keys(PEERS).join(', ')}`);
  const folder = join(HERE, peer.folder ?? name);
  const { [peer.tool]: asked } = VERSION_OF;
  if (asked !== undefined && spawnSync(peer.tool, asked).status !== 0)
    return { ready: false, reason: `no ${peer.tool} on PATH` };
  const stamp = join(folder, peer.result, '.stamp');
  const wanted = pinsOf(folder, peer);
  const isDone = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isDone()) return { ready: true, how: 'up to date' };
  const release = await takeLock(join(folder, '.lock-install'), isDone);
  if (release === undefined) return { ready: true, how: 'made ready by another process' };
  try {
    rmSync(stamp, { force: true });
    if (peer.tool === 'npm') await npmCi(folder);
    else if (peer.tool === 'go') await goBuild(folder, peer.build);
    else await run('cargo', ['build', ...peer.build], { cwd: folder, env: process.env });
    writeFileSync(stamp, wanted);
  } finally {
    release();
  }
  return { ready: true, how: peer.tool === 'npm' ? 'installed' : 'built' };
}

/** A hash of all that decides what the install or build yields. */
function pinsOf(folder, { tool, build = [] }) {
  const hash = createHash('sha256').update([process.platform, process.arch, ...build].join(' '));
  const below = tool === 'cargo' ? readdirSync(join(folder, 'src')).map((file) => `src/${file}`) : [];
  const files = [...readdirSync(folder), ...below].filter((file) => PINS[tool].test(file));
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

/** Waits for the folder lock; `undefined` when another process finished the work meanwhile. */
async function takeLock(lock, isDone) {
  const owner = join(lock, 'pid');
  for (const giveUp = Date.now() + LOCK_WAIT_MS; ; await sleep(LOCK_POLL_MS)) {
    try {
      mkdirSync(lock);
      writeFileSync(owner, String(process.pid));
      if (!isDone()) return () => rmSync(lock, { recursive: true, force: true });
      rmSync(lock, { recursive: true, force: true });
      return undefined;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isDone()) return undefined;
    if (isAbandoned(lock, owner)) rmSync(lock, { recursive: true, force: true });
    if (Date.now() > giveUp) throw new Error(`another install holds ${lock} for too long`);
  }
}

function isAbandoned(lock, owner) {
  try {
    const pid = existsSync(owner) ? Number(readFileSync(owner, 'utf8')) : 0;
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs > 10_000; // taken, but never signed
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Scripts stay off: nothing of the peers needs one, and what a registry sends does not get to run. */
function npmCi(folder) {
  const windows = process.platform === 'win32';
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--engine-strict=false'];
  return run(windows ? 'npm.cmd' : 'npm', args, { cwd: folder, env: cleanEnv(), shell: windows });
}

function goBuild(folder, build) {
  const args = ['build', '-buildvcs=false', '-trimpath', '-tags', 'nofuse', '-ldflags', '-s -w', ...build];
  return run('go', args, { cwd: folder, env: { ...process.env, CGO_ENABLED: '0' } });
}

/** Under `npm test` the outer npm's settings ride in the environment; only those about where to fetch from hold here. */
function cleanEnv() {
  const keep = /^npm_config_(registry|userconfig|globalconfig|cache|proxy|https_proxy|noproxy|cafile)$/i;
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || keep.test(name));
  return Object.fromEntries(entries.filter(([name]) => name !== 'NODE_OPTIONS' && name !== 'NODE_ENV'));
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let tail = '';
    const keep = (text) => (tail = (tail + text).slice(-TAIL_CHARACTERS));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args[0]} ended with ${code}: ${tail.trim()}`));
    });
  });
}
