/** What /metrics says of the Kurento dialect. */
import type { Metrics } from '../http/metrics.ts';
import type { KurentoFigures } from '../signaling/kurento/kurento-dialect.ts';

export function registerKurentoMetrics(metrics: Metrics, figures: () => KurentoFigures): void {
  metrics.gauge({
    name: 'manifold_kurento_sessions',
    help: 'Kurento sessions, those without a connection included.',
    read: () => figures().sessions,
  });
  metrics.gauge({
    name: 'manifold_kurento_pipelines',
    help: 'Kurento media pipelines.',
    read: () => figures().pipelines,
  });
  metrics.gauge({
    name: 'manifold_kurento_elements',
    help: 'Elements of Kurento pipelines, by type.',
    label: 'type',
    read: () => Object.fromEntries(figures().elements),
  });
  metrics.counter({
    name: 'manifold_kurento_calls_total',
    help: 'JSON-RPC calls of Kurento clients, by method.',
    label: 'method',
    read: () => Object.fromEntries(figures().calls),
  });
  metrics.counter({
    name: 'manifold_kurento_errors_total',
    help: 'Calls that were answered with an error, by its code.',
    label: 'code',
    read: () => Object.fromEntries(figures().errors),
  });
}
