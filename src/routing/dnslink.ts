/** DNSLink (dnslink.dev): a domain leads to a content path by a TXT record at `_dnslink.` below it. */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import type { Resolver } from '../ports.js';
import { contentPathText, parseContentPath, type ContentPath } from './content-path.js';

const PREFIX = 'dnslink=';

/**
 * What a domain leads to. Links of other systems beside it (`dnslink=/swarm/...`) are passed over, and so are those that are no
 * paths. Rejects with `ERR_DNSLINK_NOT_FOUND`, with `ERR_DNSLINK_AMBIGUOUS` for several that differ, as boxo does, and with
 * whatever the resolver rejects with.
 */
export async function resolveDnslink(
  resolver: Resolver,
  domain: string,
  limits: Pick<Limits, 'ipnsRecordBytes' | 'ipnsCidChars' | 'resolvedAddresses'> = LIMITS,
): Promise<ContentPath> {
  const records = await resolver.resolveTxt(`_dnslink.${domain}`);
  const links = new Map<string, ContentPath>();
  for (const record of records.slice(0, limits.resolvedAddresses)) {
    const path = record.startsWith(PREFIX) ? linkIn(record.slice(PREFIX.length), limits) : undefined;
    if (path !== undefined) links.set(contentPathText(path), path);
  }
  const [link, ...others] = links.values();
  if (link === undefined) throw new EngineError('ERR_DNSLINK_NOT_FOUND', 'remote', `${domain} has no DNSLink`);
  if (others.length === 0) return link;
  const all = [...links.keys()].slice(0, 4).join(', ');
  throw new EngineError('ERR_DNSLINK_AMBIGUOUS', 'remote', `${domain} has ${links.size} DNSLinks: ${all}`);
}

function linkIn(text: string, limits: Pick<Limits, 'ipnsRecordBytes' | 'ipnsCidChars'>): ContentPath | undefined {
  try {
    return parseContentPath(text, limits);
  } catch {
    return undefined;
  }
}
