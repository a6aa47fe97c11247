// Our parts in this node instead of its own, and what their chart has seen. Only with `--parts`: `swarmchart` is put into
// `node_modules` by the suites that ask for them.
import { setTimeout as sleep } from 'node:timers/promises';
import { createChart, noise, plaintext, secio, tcp, yamux } from 'swarmchart/libp2p';

const KEPT = 100_000;
const POLL_MS = 10;

/** The parts of these names, on one chart, and commands that tell of it. */
export function chartedParts(names, muxerOptions) {
  const chart = createChart();
  const steps = [];
  const broken = [];
  chart.transitions$.subscribe(({ actor, machine, to, event }) => {
    if (steps.length < KEPT) steps.push({ actor, machine, to, event });
  });
  chart.broken$.subscribe((error) => broken.push(String(error.stack)));
  const all = {
    tcp: tcp({ chart }),
    noise: noise({ chart }),
    secio: secio({ chart }),
    plaintext: plaintext({ chart }),
    yamux: yamux({ chart, ...muxerOptions }),
  };
  let recording;
  return {
    parts: Object.fromEntries(names.map((name) => [name, all[name]])),
    commands: {
      chart: async () => ({ steps, broken, liveActors: chart.liveActors }),
      chartIdle: async () => {
        while (chart.liveActors > 0) await sleep(POLL_MS);
        return {};
      },
      record: async ({ path }) => {
        recording = chart.record(path);
        return {};
      },
      stopRecording: async () => {
        await recording.stop();
        return {};
      },
    },
  };
}
