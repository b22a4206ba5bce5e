// Starts the page and, where there is one, the worker that keeps it for offline.

import { mount } from 'svelte';

import App from './ui/App.svelte';
import './ui/app.css';

mount(App, { target: document.getElementById('app') as HTMLElement });

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch((cause: unknown) => {
    console.warn('The page will not open offline.', cause);
  });
}
