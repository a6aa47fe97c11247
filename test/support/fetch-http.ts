/** An HTTP client for tests, over the fetch of this Node. */
import type { TrackerHttp } from '../../src/routing/tracker/http-announce.js';

export const fetchHttp: TrackerHttp = {
  async request({ method, url, headers, signal }) {
    const { status, body } = await fetch(url, { method, headers, signal, redirect: 'manual' });
    return { status, body: (body ?? []) as AsyncIterable<Uint8Array> };
  },
};
