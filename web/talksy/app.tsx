import { useState } from 'preact/hooks';
import { loadIceServers } from '../shared/client-config.ts';
import { Icon, Logo } from '../shared/icon.tsx';
import type { Call } from './call.ts';
import { CallStatistics } from './call-statistics.tsx';
import type { PageAddress } from './page-address.ts';
import { maxBitrates, type SendingChoices } from './sending-choices.ts';
import { LocalTile, RemoteTile } from './tile-views.tsx';

export function App({ call, address }: { call: Call; address: PageAddress }) {
  const state = call.state.value;
  const running = state === 'starting' || state === 'connected';
  const [choices, setChoices] = useState<Omit<SendingChoices, 'codec'>>({
    simulcast: false,
    svc: true,
    maxBitrate: 1_000_000,
  });
  const [statistics, setStatistics] = useState(true);
  const change = (part: Partial<typeof choices>) => setChoices({ ...choices, ...part });
  const start = async (codec: SendingChoices['codec']) => {
    await call.start({ ...choices, codec }, await loadIceServers());
  };
  const tiles = call.tiles.list.value;
  return (
    <div class="talksy">
      <header class="page-header">
        <a class="brand" href="/">
          <Logo />
          <h1>
            Manifold <span class="muted">Talksy</span>
          </h1>
        </a>
        <span class="room-name">{address.room ?? 'null'}</span>
        <span class="spacer" />
        {state === 'connected' && (
          <span id="network-condition" class={`pill ${call.stable.value ? 'good' : 'bad'}`}>
            {call.stable.value ? 'Stable' : 'Unstable'}
          </span>
        )}
        <span id="client-id" class="pill plain">
          {call.clientId.value ?? 'not connected'}
        </span>
      </header>
      <main class="page-main">
        <section class="controls" aria-label="Controls">
          <div class="group">
            <button
              type="button"
              id="start-h264"
              class="button primary"
              disabled={running}
              onClick={() => void start('H264')}
            >
              Start Conference [H264]
            </button>
            <button
              type="button"
              id="start-vp9"
              class="button primary"
              disabled={running}
              onClick={() => void start('VP9')}
            >
              Start Conference [VP9]
            </button>
            <label class="check">
              <input
                id="simulcast"
                type="checkbox"
                checked={choices.simulcast}
                disabled={running}
                onChange={(event) => change({ simulcast: event.currentTarget.checked })}
              />
              Simulcast
            </label>
            <label class="check">
              <input
                id="svc"
                type="checkbox"
                checked={choices.svc}
                disabled={running}
                onChange={(event) => change({ svc: event.currentTarget.checked })}
              />
              SVC
            </label>
            <label class="choice">
              <span>Max bitrate</span>
              <select
                id="max-bitrate"
                class="input"
                disabled={running}
                value={String(choices.maxBitrate)}
                onChange={(event) => change({ maxBitrate: Number(event.currentTarget.value) })}
              >
                {maxBitrates.map((bitrate) => (
                  <option key={bitrate} value={String(bitrate)}>
                    {bitrate / 1000} kbit/s
                  </option>
                ))}
              </select>
            </label>
          </div>
          <div class="group">
            <button
              type="button"
              id="share-screen"
              class="button"
              disabled={state !== 'connected'}
              onClick={() => void (call.screen.value === null ? call.shareScreen() : call.stopScreen())}
            >
              <Icon name={call.screen.value === null ? 'screen' : 'screen-stop'} size={18} />
              {call.screen.value === null ? 'Share screen' : 'Stop sharing'}
            </button>
            <label class="choice">
              <span>Quality</span>
              <select
                id="quality"
                class="input"
                disabled={state !== 'connected'}
                onChange={(event) => call.switchQuality(event.currentTarget.value)}
              >
                {['high', 'mid', 'low', 'none'].map((level) => (
                  <option key={level}>{level}</option>
                ))}
              </select>
            </label>
            <label class="check">
              <input
                id="show-statistics"
                type="checkbox"
                checked={statistics}
                onChange={(event) => setStatistics(event.currentTarget.checked)}
              />
              Statistics
            </label>
            <button
              type="button"
              id="disconnect"
              class="button danger"
              disabled={!running}
              onClick={() => call.disconnect()}
            >
              <Icon name="leave" size={18} />
              Disconnect
            </button>
          </div>
        </section>
        {call.problem.value !== null && (
          <div class="message error" role="alert">
            <Icon name="warning" />
            <span class="grow">{call.problem.value}</span>
          </div>
        )}
        <section class="tiles" aria-label="Videos">
          {call.localStream.value !== null && <LocalTile stream={call.localStream.value} label="You" />}
          {call.screen.value !== null && <LocalTile stream={call.screen.value} label="Your screen" />}
          {tiles.map((tile) => (
            <RemoteTile key={tile.stream.id} tile={tile} call={call} statistics={statistics} />
          ))}
        </section>
        {state === 'connected' && tiles.length === 0 && (
          <p class="alone">Nobody else is here yet. Open this address in another tab.</p>
        )}
        {statistics && call.figures.value !== null && <CallStatistics figures={call.figures.value} />}
      </main>
    </div>
  );
}
