/** ksfu's variables as the text of .env.example: every one, explained, at its default there. */
import { type KsfuName, type KsfuVariable, ksfuNames, ksfuVariables } from './ksfu-variables.ts';

/** Headings, each before the variable it is for. */
const headings: Partial<Record<KsfuName, string>> = {
  HTTP_PORT: 'HTTP, WebSocket and TLS',
  ICE_SINGLE_PORT: 'Media',
  ICE_LITE: 'ICE candidates',
  SDP_SEMANTICS: 'Session descriptions',
  ICE_DISCONNECTED_TIMEOUT: 'Timeouts',
  TURN_ENABLED: 'TURN server',
  ROUTER_WITH_STATS: 'Router',
  SIMULCAST_BEST_QUALITY_FIRST: 'Simulcast',
};

export function ksfuSample(): string {
  const lines = [
    '# The environment variables of ksfu, as Manifold reads them, at the defaults they have there. Copy this to .env in',
    '# the working directory; what is set in the real environment wins. Manifold’s own defaults, for whoever sets none',
    '# of these, differ in places: docs/operations.md, "Coming from ksfu". An empty value is as good as none. Keys',
    '# without a variable here have one of Manifold’s own, MANIFOLD_…, which wins: see config.sample.toml.',
  ];
  for (const name of ksfuNames) {
    const { default: standard, description } = ksfuVariables[name] as KsfuVariable;
    const heading = headings[name];
    if (heading !== undefined) lines.push('', `# --- ${heading}`);
    if (description !== '') lines.push(`# ${description}`);
    lines.push(standard === null ? `#${name}=` : `${name}=${standard}`);
  }
  return `${lines.join('\n')}\n`;
}
