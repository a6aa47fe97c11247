/** `swarmchart stats`: what a running daemon counts. */
import type { ResourcesSnapshot } from '../actors/policy/resource-manager.js';
import type { Command } from './command.js';
import { DAEMON_OPTIONS, withDaemon } from './daemon-rpc.js';
import { formatBytes, printJson, printLine } from './output.js';
import { formatAge, recordFrom, WATCH_OPTION, watching } from './table.js';

type Counts = Readonly<Record<string, number>>;

interface Stats {
  readonly peerId: string;
  readonly upMs: number;
  readonly peers: number;
  readonly connections: { readonly inbound: number; readonly outbound: number };
  readonly streams: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly liveActors: number;
  readonly upgrades: Counts;
  readonly closed: Counts;
  readonly refused: Counts;
  readonly streamFailures: Counts;
  readonly bugs: Counts;
  readonly resources: Pick<ResourcesSnapshot, 'system' | 'transient'>;
}

export const statsCommand: Command = {
  name: 'stats',
  usage: '',
  positionals: [0, 0],
  options: { ...DAEMON_OPTIONS, ...WATCH_OPTION },
  examples: ['swarmchart stats', 'swarmchart stats --watch', 'swarmchart stats --json'],
  async run(words) {
    const json = words.flag('json');
    await withDaemon(words, (client) =>
      watching(words, async () => {
        const stats = recordFrom(await client.call('stats')) as Stats;
        if (json) printJson(stats);
        else for (const line of statsLines(stats)) printLine(line);
      }),
    );
    return 0;
  },
};

function statsLines(stats: Stats): readonly string[] {
  const { system, transient } = stats.resources;
  const rows: readonly (readonly [string, string])[] = [
    ['peer', stats.peerId],
    ['up', formatAge(stats.upMs)],
    ['peers', String(stats.peers)],
    ['connections', `${stats.connections.inbound} in, ${stats.connections.outbound} out`],
    ['streams', String(stats.streams)],
    ['bytes', `${formatBytes(stats.bytesIn)} in, ${formatBytes(stats.bytesOut)} out`],
    ['actors', String(stats.liveActors)],
    ['memory', `${used(system)} (upgrading: ${used(transient)})`],
    ['upgrades', countsText(stats.upgrades)],
    ['closed', countsText(stats.closed)],
    ['refused', countsText(stats.refused)],
    ['stream failures', countsText(stats.streamFailures)],
    ['bugs', countsText(stats.bugs)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(17)}${value}`);
}

function used({ usage, limits }: Stats['resources']['system']): string {
  const { memoryBytes = Infinity } = limits;
  return `${formatBytes(usage.memoryBytes)}${Number.isFinite(memoryBytes) ? ` of ${formatBytes(memoryBytes)}` : ''}`;
}

function countsText(counts: Counts): string {
  const entries = Object.entries(counts).sort(([, left], [, right]) => right - left);
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
