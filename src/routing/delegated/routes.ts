/** The paths of the delegated routing server (specs.ipfs.tech http-routing-v1). */
import { parseFilter } from '../../wire/http-routing-filters.js';

/** What a path leads to. */
export type Resource = 'providers' | 'peers' | 'ipns' | 'closest';

/** A request's target, read. */
export interface Route {
  readonly resource: Resource;
  /** The key in the path, in text as it came. */
  readonly key: string;
  readonly filters: { readonly addrs: readonly string[]; readonly protocols: readonly string[] };
}

const PATHS: readonly (readonly [path: RegExp, resource: Resource])[] = [
  [/^\/routing\/v1\/providers\/([^/]+)\/?$/, 'providers'],
  [/^\/routing\/v1\/peers\/([^/]+)\/?$/, 'peers'],
  [/^\/routing\/v1\/ipns\/([^/]+)\/?$/, 'ipns'],
  [/^\/routing\/v1\/dht\/closest\/peers\/([^/]+)\/?$/, 'closest'],
];

/** The methods that each takes, beside OPTIONS. */
export const METHODS: Readonly<Record<Resource, readonly string[]>> = {
  providers: ['GET'],
  peers: ['GET'],
  ipns: ['GET', 'PUT'],
  closest: ['GET'],
};

/** Reads a target; `undefined` for a path that there is not. */
export function routeOf(target: string): Route | undefined {
  const [path = '', ...query] = target.split('?');
  for (const [pattern, resource] of PATHS) {
    const key = pattern.exec(path)?.[1];
    if (key === undefined) continue;
    const parameters = new URLSearchParams(query.join('?'));
    const addrs = parseFilter(parameters.get('filter-addrs'));
    const protocols = parseFilter(parameters.get('filter-protocols'));
    return { resource, key: unescaped(key), filters: { addrs, protocols } };
  }
  return undefined;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // No key has it: it is refused as one.
    return text;
  }
}
