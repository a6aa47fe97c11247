/** Parts of an actor's address. */

const CONNECTION = /^(\/[^/]+\/swarm\/conn:(\d+))(?:\/|$)/;

/** The connection that an actor belongs to: its address and its number; `undefined` for what belongs to none. */
export function connectionOf(actor: string): { readonly address: string; readonly number: number } | undefined {
  const match = CONNECTION.exec(actor);
  return match === null ? undefined : { address: match[1] ?? '', number: Number(match[2]) };
}

/** The name of the node: the first part. */
export function nodeOf(actor: string): string {
  return actor.split('/')[1] ?? '';
}

/** An address as people read it: without the node and the swarm. */
export function shortAddress(actor: string): string {
  const rest = actor.replace(/^\/[^/]+(?:\/swarm)?\//, '');
  return rest === actor ? actor.slice(1) : rest;
}

/** Whether an address matches a glob: `*` any characters, `?` one; over the whole address or the short one. */
export function globMatcher(glob: string): (text: string) => boolean {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`, 's');
  return (text) => pattern.test(text);
}
