/** The inspector of a daemon, and how other commands find it: its address stands in the repo, for its owner's eyes. */
import type { Host } from '../host/host.js';
import type { Inspection } from '../host/inspection.js';
import { forgetInspector, tellInspectorOf } from '../platform/inspect-address.js';
import type { DaemonConfig } from './config.js';

/** Serves the page of `host` where the configuration asks for it. Rejects with `ERR_LISTEN_FAILED`. */
export async function startInspector(
  host: Host,
  repo: string,
  { inspect = false }: DaemonConfig,
): Promise<Inspection | undefined> {
  if (inspect === false) return undefined;
  const inspection = await host.inspect(inspect === true ? {} : { port: inspect });
  await tellInspectorOf(repo, inspection.url);
  return {
    url: inspection.url,
    // The page goes on until the node has stopped, and shows how it did.
    close: () => forgetInspector(repo),
  };
}
