/** The views, in the order of the tabs. */
import type { ComponentType } from 'preact';
import type { PageModel } from '../model.js';
import { BitswapView } from './bitswap.js';
import { ConnectionView } from './connection.js';
import { CoverageView } from './coverage.js';
import { DiffView } from './diff.js';
import { ExplainView } from './explain.js';
import { OverviewView } from './overview.js';
import { QueriesView } from './queries.js';
import { RecordsView } from './records.js';
import { ReplayView } from './replay.js';
import { SequenceView } from './sequence.js';
import { StreamsView } from './streams.js';
import { SwarmView } from './swarm.js';

/** One view. */
export interface ViewEntry {
  readonly id: string;
  readonly title: string;
  /** What it answers, for the tab's title and the help. */
  readonly answers: string;
  readonly component: ComponentType<ViewProps>;
}

/** What every view is given. */
export interface ViewProps {
  readonly model: PageModel;
}

export const VIEWS: readonly ViewEntry[] = [
  {
    id: 'overview',
    title: 'Overview',
    answers: 'who is connected, what failed, what is stuck',
    component: OverviewView,
  },
  {
    id: 'connection',
    title: 'Connection',
    answers: 'where each machine stands, and which byte took it there',
    component: ConnectionView,
  },
  { id: 'sequence', title: 'Sequence', answers: 'who said what to whom, in order', component: SequenceView },
  {
    id: 'streams',
    title: 'Streams',
    answers: 'what passes on each stream, and what waits for credit',
    component: StreamsView,
  },
  {
    id: 'queries',
    title: 'DHT queries',
    answers: 'who told of whom, and how a query closed in',
    component: QueriesView,
  },
  {
    id: 'bitswap',
    title: 'Bitswap',
    answers: 'who was asked for what, and why a fetch stands still',
    component: BitswapView,
  },
  { id: 'swarm', title: 'Swarm', answers: 'who is connected with whom; the k-buckets', component: SwarmView },
  {
    id: 'replay',
    title: 'Time travel',
    answers: 'run it again, fork it, hold it, take it along',
    component: ReplayView,
  },
  {
    id: 'explain',
    title: 'Why it failed',
    answers: 'what was offered and wanted, where it died, what to change',
    component: ExplainView,
  },
  { id: 'diff', title: 'Diff', answers: 'where two traces part', component: DiffView },
  { id: 'coverage', title: 'Coverage', answers: 'what of every machine was reached', component: CoverageView },
  { id: 'records', title: 'Records', answers: 'everything in order', component: RecordsView },
];
