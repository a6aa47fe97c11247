/** Names as the system resolves them (hosts file included), and TXT records from its DNS servers. */
import { lookup, Resolver as DnsResolver } from 'node:dns/promises';
import { EngineError } from '../errors.js';
import type { Resolver } from '../ports.js';

/** What says that there is no such name, or no such record of it. */
const NO_ANSWER = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME']);
/** Of each of the system's servers, each time. */
const TIMEOUT_MS = 3_000;
const TRIES = 2;

/** The resolver of this machine. */
export const systemResolver: Resolver = dnsResolver();

/** As {@link systemResolver}, with other DNS servers for TXT records, e.g. `127.0.0.1:5353`. */
export function dnsResolver(servers?: readonly string[]): Resolver {
  return {
    resolveTxt: (name) =>
      answersOf(name, async () => {
        const resolver = new DnsResolver({ timeout: TIMEOUT_MS, tries: TRIES });
        if (servers !== undefined) resolver.setServers(servers);
        const records = await resolver.resolveTxt(name);
        return records.map((strings) => strings.join(''));
      }),
    resolve4: (name) => answersOf(name, () => addressesOf(name, 4)),
    resolve6: (name) => answersOf(name, () => addressesOf(name, 6)),
  };
}

async function addressesOf(name: string, family: 4 | 6): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, family });
  return found.map(({ address }) => address);
}

async function answersOf(name: string, look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await look();
  } catch (cause) {
    const { code = '', message } = cause as Error & { code?: string };
    if (NO_ANSWER.has(code)) return [];
    throw new EngineError('ERR_RESOLVE_FAILED', 'remote', `dns: ${name}: ${message}`, { cause });
  }
}
