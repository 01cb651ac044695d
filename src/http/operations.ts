/** /health and /metrics. */
import type { HttpApp } from './http-app.ts';
import type { Metrics } from './metrics.ts';

export interface Health {
  /** `stopping` makes /health answer 503, so that a load balancer sends no more clients. */
  readonly status: 'ok' | 'stopping';
  readonly [detail: string]: string | number;
}

export function serveHealth(app: HttpApp, read: () => Health): void {
  app.hono.get('/health', (context) => {
    const health = read();
    return context.json(health, health.status === 'ok' ? 200 : 503, { 'Cache-Control': 'no-store' });
  });
}

export function serveMetrics(app: HttpApp, metrics: Metrics): void {
  app.hono.get('/metrics', async (context) =>
    context.body(await metrics.expose(), 200, { 'Content-Type': metrics.contentType }),
  );
}
