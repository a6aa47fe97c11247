/** The views, in the order of the tabs. */
import type { ComponentType } from 'preact';
import type { PageModel } from '../model.js';
import { OverviewView } from './overview.js';
import { RecordsView } from './records.js';
import { SequenceView } from './sequence.js';
import { StreamsView } from './streams.js';

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
  { id: 'sequence', title: 'Sequence', answers: 'who said what to whom, in order', component: SequenceView },
  {
    id: 'streams',
    title: 'Streams',
    answers: 'what passes on each stream, and what waits for credit',
    component: StreamsView,
  },
  { id: 'records', title: 'Records', answers: 'everything in order', component: RecordsView },
];
