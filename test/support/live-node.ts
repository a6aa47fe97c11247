/** Real nodes for the live suites: on loopback, in memory or on a temporary repo, stopped and counted at the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { formatFailure } from '../../src/report/failure-report.js';

/** Peers are programs of others on a busy machine: this only ends what hangs. */
jest.setTimeout(300_000);

const started: Host[] = [];
const folders: string[] = [];

/** Starts a node that is stopped after the test; a bug of the engine fails the test. */
export async function liveNode(options: CreateNodeOptions = {}): Promise<Host> {
  const host = await createNode({ testProtocols: true, ...options });
  started.push(host);
  host.broken$.subscribe((error) => broken.push(formatFailure(error)));
  return host;
}

const broken: string[] = [];

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarmchart-test-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  const hosts = started.splice(0);
  await Promise.all(hosts.map((host) => host.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  expect(broken.splice(0)).toEqual([]);
  expect(hosts.map((host) => host.liveActors)).toEqual(hosts.map(() => 0));
});
