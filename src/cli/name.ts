/** `swarmchart name`: publishes content under a name (publish), and says where a name leads (resolve). */
import type { Observable } from 'rxjs';
import { ipnsNameText } from '../crypto/ipns-name.js';
import { EngineError } from '../errors.js';
import type { Command, OptionSpec, Words } from './command.js';
import { printJson, printLine, printNote } from './output.js';

/** What the command needs of a node's names: `Ipns` of src/actors/ipns has it. */
export interface NameSystem {
  publish(
    value: string,
    options: {
      readonly lifeMs?: number;
      readonly ttlMs?: number;
      readonly v2Only?: boolean;
      readonly sequence?: bigint;
    },
  ): Promise<{
    readonly name: string;
    readonly value: string;
    readonly sequence: bigint;
    readonly validUntilMs: number;
    readonly at: readonly string[];
  }>;
  resolve(
    path: string,
    options: { readonly fresh?: boolean; readonly depth?: number },
  ): Observable<{
    readonly path: string;
    readonly ttlMs: number;
    readonly steps: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  }>;
}

/** A node that is started, has its peers, and is stopped when `work` is over. */
export type WithNames = <Result>(
  words: Words,
  work: (node: { readonly peerId: string; readonly names: NameSystem }) => Promise<Result>,
) => Promise<Result>;

const OPTIONS = {
  lifetime: { type: 'string', value: 'TIME', help: 'publish: how long the record lives, e.g. 48h (default: 48h)' },
  ttl: { type: 'string', value: 'TIME', help: 'publish: how long readers may keep it, e.g. 5m (default: 5m)' },
  sequence: { type: 'string', value: 'N', help: 'publish: the number of the record (default: the next one)' },
  'v2-only': { type: 'boolean', help: 'publish: leave out what readers from before 2021 need' },
  fresh: { type: 'boolean', help: 'resolve: ask the routers, whatever the cache knows' },
  depth: { type: 'string', value: 'N', help: 'resolve: names on the way, at the most (default: 32)' },
  stream: { type: 'boolean', help: 'resolve: print each better answer as it comes, the best last' },
} as const satisfies Record<string, OptionSpec>;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The command, over whatever makes nodes with names; `more` are the options that this takes. */
export function nameCommand(withNames: WithNames, more: Readonly<Record<string, OptionSpec>> = {}): Command {
  return {
    name: 'name',
    usage: 'publish PATH | resolve [NAME]',
    positionals: [1, 2],
    options: { ...OPTIONS, ...more },
    examples: [
      'swarmchart name publish /ipfs/CID',
      'swarmchart name publish /ipfs/CID --lifetime 24h --ttl 1m --json',
      'swarmchart name resolve k51...',
      'swarmchart name resolve /ipns/docs.ipfs.tech/concepts --stream',
    ],
    async run(words) {
      const [action = '', target] = words.positionals;
      if (action === 'publish') return publish(withNames, words, target);
      if (action === 'resolve') return resolve(withNames, words, target);
      throw wrong(`there is no "name ${action}": publish, resolve`);
    },
  };
}

async function publish(withNames: WithNames, words: Words, path: string | undefined): Promise<number> {
  if (path === undefined) throw wrong('name publish takes a PATH, e.g. /ipfs/CID');
  const options = {
    ...(words.text('lifetime') === undefined ? {} : { lifeMs: durationOf(words, 'lifetime') }),
    ...(words.text('ttl') === undefined ? {} : { ttlMs: durationOf(words, 'ttl') }),
    ...(words.text('sequence') === undefined ? {} : { sequence: sequenceOf(words) }),
    v2Only: words.flag('v2-only'),
  };
  return withNames(words, async ({ names }) => {
    const { name, value, sequence, validUntilMs, at } = await names.publish(path, options);
    const validUntil = new Date(validUntilMs).toISOString();
    if (words.flag('json')) printJson({ ok: true, name, value, sequence: String(sequence), validUntil, at });
    else {
      printNote(`record ${sequence}, valid until ${validUntil}, at ${at.length} peers or servers`);
      printLine(`${name} -> ${value}`);
    }
    return 0;
  });
}

async function resolve(withNames: WithNames, words: Words, target: string | undefined): Promise<number> {
  const options = {
    fresh: words.flag('fresh'),
    ...(words.text('depth') === undefined ? {} : { depth: words.number('depth', 32, 1, 32) }),
  };
  const isStream = words.flag('stream');
  return withNames(words, async ({ peerId, names }) => {
    type Answer = Parameters<Parameters<ReturnType<NameSystem['resolve']>['forEach']>[0]>[0];
    let best: Answer | undefined;
    const print = ({ path, ttlMs, steps }: Answer): void => {
      const told = steps.map(({ name, value, source }) => ({ name, value, source }));
      if (words.flag('json')) printJson({ ok: true, path, ttlMs: Number.isFinite(ttlMs) ? ttlMs : null, steps: told });
      else printLine(path);
    };
    await names.resolve(namePath(target ?? ipnsNameText(peerId)), options).forEach((answer) => {
      best = answer;
      if (isStream) print(answer);
    });
    // TypeScript does not see that the callback has set it.
    const found = best;
    if (!isStream && found !== undefined) print(found);
    if (!words.flag('json')) {
      for (const { name, value, source } of found?.steps ?? []) printNote(`${name} -> ${value} (${source})`);
    }
    return 0;
  });
}

/** `/ipns/` may be left out. */
function namePath(text: string): string {
  return text.startsWith('/') ? text : `/ipns/${text}`;
}

function durationOf(words: Words, name: string): number {
  const text = words.text(name) ?? '';
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (amount === undefined || factor === undefined) throw wrong(`--${name} takes a time such as 48h, got "${text}"`);
  return Number(amount) * factor;
}

function sequenceOf(words: Words): bigint {
  const text = words.text('sequence') ?? '';
  if (!/^\d{1,19}$/.test(text)) throw wrong(`--sequence takes a whole number, got "${text}"`);
  return BigInt(text);
}

function wrong(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart name --help)`);
}
