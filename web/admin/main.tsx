import { render } from 'preact';
import { AdminState } from './admin-state.ts';
import { App } from './app.tsx';

const root = document.getElementById('app');
if (root !== null) {
  const state = new AdminState();
  state.start();
  render(<App state={state} />, root);
}
