import { render } from 'preact';
import { App } from './app.tsx';
import { Call } from './call.ts';
import { readPageAddress } from './page-address.ts';
import { exposeForTests } from './test-hook.ts';

const root = document.getElementById('app');
if (root !== null) {
  const address = readPageAddress(location.search);
  const call = new Call(address);
  exposeForTests(call);
  render(<App call={call} address={address} />, root);
}
