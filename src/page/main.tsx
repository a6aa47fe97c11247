/** The page's beginning. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { connect } from './connect.js';
import { PageModel } from './model.js';
import { PageSettings, SETTINGS_KEY } from './settings.js';

const settings = new PageSettings(SETTINGS_KEY);
const model = new PageModel(settings);
settings.keep(document.documentElement);
model.view.value = settings.peek().view;
effect(() => settings.remember({ view: model.view.value }));
const root = document.getElementById('app');
if (root !== null) render(<App model={model} keys={document} />, root);
connect(model);
