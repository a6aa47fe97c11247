/** The page's beginning. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { connect } from './connect.js';
import { PageModel } from './model.js';
import { keepSettings, remember, settings } from './settings.js';

const model = new PageModel();
keepSettings(document.documentElement);
model.view.value = settings.peek().view;
effect(() => remember({ view: model.view.value }));
const root = document.getElementById('app');
if (root !== null) render(<App model={model} />, root);
connect(model);
