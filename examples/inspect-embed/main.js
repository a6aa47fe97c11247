// One view of the inspector in a page of one's own. `swarmchart/inspect` is one file: a bundler finds it by that name, and
// the example's server hands it out as inspect.js.
import { mountView, sourceOfText } from './inspect.js';

const trace = await fetch('trace.jsonl').then((response) => response.text());

const { model, unmount } = mountView(document.getElementById('sequence'), {
  view: 'sequence',
  source: sourceOfText(trace),
  parts: ['scrubber'],
});

const count = document.getElementById('count');
model.passing.subscribe((passing) => {
  count.textContent = `${passing.length} records`;
});
document.getElementById('all').addEventListener('click', () => {
  model.filterText.value = '';
});
document.getElementById('muxer').addEventListener('click', () => {
  model.filterText.value = 'layer:yamux';
});
document.getElementById('away').addEventListener('click', unmount);
