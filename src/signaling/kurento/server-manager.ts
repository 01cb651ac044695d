/** The one object that is always there: says what the server is and can do, and whose events tell of all objects. */
import { cpus } from 'node:os';
import * as v from 'valibot';
import { KurentoError } from './kurento-error.ts';
import { MediaObject, mediaObjectClass, record } from './media-object.ts';
import { MediaPipeline } from './media-pipeline.ts';
import { ObjectClass, operationsOf } from './object-class.ts';
import { type ModuleName, objectFactories } from './object-factories.ts';
import type { ObjectHost } from './object-host.ts';
import { integer, text } from './param-types.ts';

/** The version of Kurento Media Server whose protocol this is. */
const protocolVersion = '7.3.0';
/** Clients refuse a server that lacks one of these. */
const moduleNames: readonly ModuleName[] = ['core', 'elements', 'filters'];
const longestMeasurementMs = 10_000;

const operation = operationsOf<ServerManager>();

const serverManagerClass = new ObjectClass({
  name: 'ServerManager',
  parent: mediaObjectClass,
  operations: {
    getInfo: operation(() =>
      record('ServerInfo', {
        version: protocolVersion,
        modules: moduleNames.map(moduleInfo),
        type: 'KMS',
        capabilities: ['transactions'],
      }),
    ),
    getPipelines: operation((self) => self.pipelineIds),
    getSessions: operation((self) => self.host.sessionIds()),
    getMetadata: operation(() => ''),
    getKmd: operation(v.object({ moduleName: text }), (_self, { moduleName }) => descriptionOf(moduleName)),
    getCpuCount: operation(() => cpus().length),
    getUsedCpu: operation(v.object({ interval: integer }), (_self, { interval }) => usedCpu(interval)),
    getUsedMemory: operation(() => Math.round(process.memoryUsage.rss() / 1024)),
  },
  events: ['ObjectCreated', 'ObjectDestroyed'],
});

export class ServerManager extends MediaObject {
  static readonly objectClass = serverManagerClass;

  constructor(host: ObjectHost) {
    super(host, null, 'manager_ServerManager');
  }

  override get objectClass(): ObjectClass {
    return serverManagerClass;
  }

  get pipelineIds(): readonly string[] {
    return [...this.host.registry.objects].flatMap((each) =>
      each instanceof MediaPipeline ? [each.id] : [],
    );
  }
}

function moduleInfo(name: ModuleName): object {
  return record('ModuleInfo', {
    name,
    version: protocolVersion,
    generationTime: '',
    factories: factoriesOf(name),
  });
}

function factoriesOf(module: ModuleName): readonly string[] {
  return [...objectFactories].flatMap(([type, factory]) => (factory.module === module ? [type] : []));
}

/** Not the original's description of a module, but what is served of it. */
function descriptionOf(name: string): string {
  const module = moduleNames.find((each) => each === name);
  if (module === undefined) throw new KurentoError(40500, `Module '${name.slice(0, 100)}' not found`);
  return JSON.stringify({
    name: module,
    version: protocolVersion,
    remoteClasses: factoriesOf(module).map((type) => ({ name: type })),
  });
}

/** Percent of all processors that this process uses, over an interval. */
async function usedCpu(intervalMs: number): Promise<number> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  const delayMs = Math.min(Math.max(intervalMs, 1), longestMeasurementMs);
  await new Promise<void>((resolve) => setTimeout(resolve, delayMs).unref());
  const { user, system } = process.cpuUsage(before);
  const elapsedUs = (performance.now() - startMs) * 1000;
  return Math.min(100, (100 * (user + system)) / elapsedUs / cpus().length);
}
