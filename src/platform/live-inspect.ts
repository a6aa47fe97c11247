/** The inspector of a running node: its records as a source, served. */
import type { OpenInspection } from '../host/inspection.js';
import { LiveSource } from '../inspect/live-source.js';
import { traceHeader } from '../trace/header.js';
import { readInspectAssets } from './inspect-assets.js';
import { serveInspector } from './inspect-server.js';
import { engineVersions } from './versions.js';

/** Serves the inspector of a node that runs. */
export const openInspection: OpenInspection = async (node, options) => {
  const { peerId, config } = node.recorded;
  const title = `live: ${peerId}`;
  const header = traceHeader({
    title,
    vantagePoint: peerId,
    class: 'redacted',
    detail: 'frames',
    clock: 'real',
    versions: engineVersions(),
    config,
    partial: true,
  });
  const { clock, limits } = node;
  const source = new LiveSource({ title, header, node, clock, limits });
  const server = await serveInspector({ ...options, source, assets: await readInspectAssets(), limits, clock });
  return {
    url: server.url,
    close: () => {
      source.stop();
      return server.close();
    },
  };
};
