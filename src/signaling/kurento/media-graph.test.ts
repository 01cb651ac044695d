/** What arrives where, through PassThroughs and hubs, and who is told when it changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { Dispatcher } from './dispatcher.ts';
import { DispatcherOneToMany } from './dispatcher-one-to-many.ts';
import { EventSubscription } from './event-subscription.ts';
import { HubPort } from './hub.ts';
import { MediaElement, mediaElementClass } from './media-element.ts';
import type { MediaObject } from './media-object.ts';
import type { MediaOrigin } from './media-origin.ts';
import { MediaPipeline } from './media-pipeline.ts';
import { ObjectClass } from './object-class.ts';
import type { ObjectHost } from './object-host.ts';
import { ObjectRegistry } from './object-registry.ts';
import type { MediaType } from './param-types.ts';
import { PassThrough } from './pass-through.ts';

const endpointClass = new ObjectClass({ name: 'TestEndpoint', parent: mediaElementClass });

/** An endpoint without a network: notes what it is told. */
class TestEndpoint extends MediaElement implements MediaOrigin {
  readonly told: [type: MediaType, origin: MediaElement | null][] = [];
  flowing = true;

  override get objectClass(): ObjectClass {
    return endpointClass;
  }

  get element(): MediaElement {
    return this;
  }

  override get origin(): MediaOrigin {
    return this;
  }

  publication(): null {
    return null;
  }

  isFlowing(): boolean {
    return this.flowing;
  }

  protected override sourceChanged(type: MediaType, origin: MediaOrigin | null): void {
    this.told.push([type, origin?.element ?? null]);
  }
}

const flowEvents = ['MediaFlowInStateChanged', 'MediaFlowOutStateChanged', 'MediaTranscodingStateChanged'];

/** "In VIDEO FLOWING" */
function flowOf(text: string): string {
  const { type, mediaType, state } = JSON.parse(text).params.value.data;
  return `${type.replace(/^MediaFlow|^Media|StateChanged$/g, '')} ${mediaType} ${state}`;
}

function scene() {
  const released: MediaObject[] = [];
  const registry = new ObjectRegistry({
    objectCreated: () => {},
    objectReleased: (object) => released.push(object),
    reportBug: (error) => {
      throw error;
    },
  });
  const host: ObjectHost = {
    registry,
    rooms: null as unknown as Rooms,
    log: silentLogger,
    detailedStats: false,
    sdpSemantics: 'unified-plan',
    sessionIds: () => [],
    after: () => () => {},
    nowMs: () => 0,
  };
  /** What a client is told of the flows through an element from now on. */
  const flowsOf = (element: MediaElement) => {
    const told: string[] = [];
    const receiver = {
      receiveEvent: (text: string) => told.push(flowOf(text)),
      forgetSubscription: () => {},
    };
    for (const event of flowEvents) {
      const subscription = new EventSubscription(element, receiver, event, event, element.id);
      element.subscriptions.add(subscription, `${event} ${element.id}`);
    }
    return () => told.splice(0);
  };
  const add = <T extends MediaObject>(object: T): T => {
    registry.add(object);
    return object;
  };
  const pipeline = add(new MediaPipeline(host));
  return {
    ...{ registry, host, add, pipeline, released, flowsOf },
    endpoint: () => add(new TestEndpoint(host, pipeline)),
    passThrough: () => add(new PassThrough(host, pipeline)),
  };
}

test('a sink is told of its source once for each type, and when it goes', () => {
  const { endpoint, registry } = scene();
  const [a, b] = [endpoint(), endpoint()];
  a.connect(b);
  a.connect(b);
  assert.deepEqual(b.told, [
    ['AUDIO', a],
    ['VIDEO', a],
    ['DATA', a],
  ]);
  assert.equal(b.originOf('VIDEO'), a);
  assert.equal(a.originOf('VIDEO'), null);
  b.told.length = 0;
  a.outputChanged('VIDEO');
  assert.deepEqual(b.told, [['VIDEO', a]]);
  b.told.length = 0;
  registry.release(a);
  assert.deepEqual(
    b.told.map(([, origin]) => origin),
    [null, null, null],
  );
});

test('loopback is a source like another', () => {
  const { endpoint } = scene();
  const a = endpoint();
  a.connect(a, ['VIDEO']);
  assert.deepEqual(a.told, [['VIDEO', a]]);
  assert.equal(a.originOf('VIDEO'), a);
  a.outputChanged('VIDEO');
  assert.equal(a.told.length, 2);
  a.disconnect(a);
  assert.equal(a.originOf('VIDEO'), null);
});

test('a chain passes on, whichever of its links is made last', () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [0, 2, 1],
  ]) {
    const { endpoint, passThrough } = scene();
    const chain = [endpoint(), passThrough(), passThrough(), endpoint()] as const;
    for (const link of order) chain[link].connect(chain[link + 1], ['AUDIO']);
    const last = chain[3];
    assert.equal(last.originOf('AUDIO'), chain[0]);
    assert.deepEqual(last.told.at(-1), ['AUDIO', chain[0]]);
    assert.deepEqual([...chain[0].reachedElements('AUDIO')], chain.slice(1));
    assert.equal(chain[2].isFlowingIn('AUDIO'), true);
    assert.equal(chain[2].isFlowingOut('AUDIO'), true);
    chain[1].disconnect(chain[2], ['AUDIO']);
    assert.deepEqual(last.told.at(-1), ['AUDIO', null]);
    assert.equal(chain[2].isFlowingOut('AUDIO'), false);
  }
});

test('another source takes the place of the one before', () => {
  const { endpoint, passThrough } = scene();
  const [a, b, sink, through] = [endpoint(), endpoint(), endpoint(), passThrough()];
  a.connect(through);
  through.connect(sink, ['VIDEO']);
  sink.told.length = 0;
  b.connect(through, ['VIDEO']);
  assert.deepEqual(sink.told, [['VIDEO', b]]);
  assert.equal(through.originOf('AUDIO'), a);
  assert.deepEqual(
    a.sinkConnections.map(({ type }) => type),
    ['AUDIO', 'DATA'],
  );
});

test('media flows through what passes it on as it does out of its endpoint', () => {
  const { endpoint, passThrough, flowsOf, registry } = scene();
  const [a, b, first, second] = [endpoint(), endpoint(), passThrough(), passThrough()];
  const [atFirst, atSecond, atEnd] = [first, second, b].map(flowsOf);
  a.flowing = false;
  a.connect(first, ['AUDIO', 'VIDEO', 'DATA']);
  first.connect(second, ['VIDEO']);
  second.connect(b);
  assert.deepEqual([atFirst(), atSecond()], [[], []], 'nothing yet');
  a.flowing = true;
  a.outputFlows('VIDEO', true);
  const begun = ['In VIDEO FLOWING', 'Transcoding VIDEO NOT_TRANSCODING', 'Out VIDEO FLOWING'];
  assert.deepEqual([atFirst(), atSecond()], [begun, begun]);
  assert.equal(second.isFlowingOut('VIDEO'), true);
  a.outputFlows('VIDEO', true);
  assert.deepEqual([atFirst(), atSecond()], [[], []], 'told once');
  first.disconnect(second);
  const ended = ['In VIDEO NOT_FLOWING', 'Out VIDEO NOT_FLOWING'];
  assert.deepEqual([atFirst(), atSecond()], [[], ended], 'out of the first it still flows');
  first.connect(second, ['AUDIO', 'VIDEO']);
  const both = ['In AUDIO FLOWING', 'Transcoding AUDIO NOT_TRANSCODING', 'Out AUDIO FLOWING'];
  assert.deepEqual(atSecond(), [...both, 'In VIDEO FLOWING', 'Out VIDEO FLOWING']);
  registry.release(a);
  assert.equal(second.isFlowingIn('VIDEO'), false);
  assert.deepEqual(
    atSecond().sort(),
    [...ended, ...ended.map((each) => each.replace('VIDEO', 'AUDIO'))].sort(),
  );
  assert.deepEqual(atEnd(), [], 'an endpoint measures by itself');
});

test('media flows through the ports of a hub as they are routed', () => {
  const { endpoint, host, add, pipeline, flowsOf, registry } = scene();
  const hub = add(new Dispatcher(host, pipeline));
  const [into, out] = [add(new HubPort(hub)), add(new HubPort(hub))];
  const [atInto, atOut] = [into, out].map(flowsOf);
  const a = endpoint();
  a.connect(into, ['VIDEO']);
  assert.deepEqual(atInto(), ['In VIDEO FLOWING', 'Transcoding VIDEO NOT_TRANSCODING']);
  hub.connect(into, out);
  assert.deepEqual(atOut(), ['Out VIDEO FLOWING', 'Transcoding VIDEO NOT_TRANSCODING']);
  assert.deepEqual([out.isFlowingOut('VIDEO'), out.isFlowingIn('VIDEO')], [true, false]);
  a.flowing = false;
  a.outputFlows('VIDEO', false);
  assert.deepEqual([atInto(), atOut()], [['In VIDEO NOT_FLOWING'], ['Out VIDEO NOT_FLOWING']]);
  a.flowing = true;
  a.outputFlows('VIDEO', true);
  registry.release(into);
  assert.deepEqual(atOut(), ['Out VIDEO FLOWING', 'Out VIDEO NOT_FLOWING']);
});

test('rings without an endpoint lead nowhere, and end', () => {
  const { endpoint, passThrough, registry } = scene();
  const [a, b, c] = [passThrough(), passThrough(), passThrough()];
  const sink = endpoint();
  a.connect(b);
  b.connect(c);
  c.connect(sink);
  c.connect(a);
  assert.equal(sink.originOf('AUDIO'), null);
  assert.equal(a.isFlowingOut('VIDEO'), false);
  const source = endpoint();
  source.connect(b);
  assert.equal(sink.originOf('AUDIO'), source);
  assert.equal(a.originOf('AUDIO'), source);
  registry.release(b);
  assert.equal(sink.originOf('AUDIO'), null);
});

test('a dispatcher routes port to port', () => {
  const { endpoint, host, add, pipeline, registry } = scene();
  const hub = add(new Dispatcher(host, pipeline));
  const [one, two, three] = [0, 1, 2].map(() => add(new HubPort(hub)));
  const [a, b, viewer] = [endpoint(), endpoint(), endpoint()];
  a.connect(one);
  b.connect(two);
  three.connect(viewer, ['VIDEO']);
  assert.equal(viewer.originOf('VIDEO'), null);
  hub.connect(one, three);
  assert.deepEqual(viewer.told.at(-1), ['VIDEO', a]);
  hub.connect(two, three);
  assert.deepEqual(viewer.told.at(-1), ['VIDEO', b]);
  assert.equal(three.isFlowingOut('VIDEO'), true);
  b.outputChanged('VIDEO');
  assert.equal(viewer.told.length, 4);
  registry.release(two);
  assert.deepEqual(viewer.told.at(-1), ['VIDEO', null]);
  hub.connect(three, three);
  viewer.connect(three);
  assert.deepEqual(viewer.told.at(-1)?.[1], viewer, 'back through its own port');
  registry.release(pipeline);
});

test('one to many: the source’s port feeds all others, those that come later included', () => {
  const { endpoint, host, add, pipeline } = scene();
  const hub = add(new DispatcherOneToMany(host, pipeline));
  const [one, two] = [add(new HubPort(hub)), add(new HubPort(hub))];
  const [a, b, viewer, late] = [endpoint(), endpoint(), endpoint(), endpoint()];
  a.connect(one);
  b.connect(two);
  one.connect(a);
  two.connect(viewer);
  hub.setSource(one);
  assert.equal(viewer.originOf('VIDEO'), a);
  assert.equal(a.originOf('VIDEO'), null, 'not to itself');
  const three = add(new HubPort(hub));
  three.connect(late);
  assert.equal(late.originOf('VIDEO'), a);
  hub.setSource(two);
  assert.equal(late.originOf('VIDEO'), b);
  assert.equal(viewer.originOf('VIDEO'), null);
  assert.deepEqual(a.told.at(-1)?.[1], b);
  hub.removeSource();
  assert.deepEqual(late.told.at(-1)?.[1], null);
});

test('a chain of thousands is followed to its ends, without recursion', () => {
  const { endpoint, passThrough } = scene();
  const source = endpoint();
  const sink = endpoint();
  const links = Array.from({ length: 5000 }, passThrough);
  links.at(-1)?.connect(sink);
  for (let index = 0; index + 1 < links.length; index++) links[index].connect(links[index + 1], ['VIDEO']);
  source.connect(links[0]);
  assert.equal(sink.originOf('VIDEO'), source);
  source.outputChanged('VIDEO');
});

test('releasing a pipeline releases what is in it, innermost first', () => {
  const { endpoint, host, add, pipeline, registry, released } = scene();
  const hub = add(new Dispatcher(host, pipeline));
  const port = add(new HubPort(hub));
  const a = endpoint();
  a.connect(port);
  registry.release(pipeline);
  assert.deepEqual(released, [port, hub, a, pipeline]);
  assert.equal(registry.size, 0);
  assert.equal(registry.pipelineCount, 0);
  registry.release(pipeline);
  assert.equal(registry.pipelineCount, 0);
});
