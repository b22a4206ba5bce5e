// Starts the page and, where there is one, the worker that keeps it for offline.

import { mount } from 'svelte';

import App from './ui/App.svelte';
import { watchVersions } from './ui/versions';
import './ui/app.css';

mount(App, { target: document.getElementById('app') as HTMLElement });

if (import.meta.env.PROD) watchVersions();
