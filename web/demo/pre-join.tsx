import { useEffect, useState } from 'preact/hooks';
import { initials } from '../shared/format.ts';
import { Icon, Logo } from '../shared/icon.tsx';
import { DeviceControls } from './controls.tsx';
import type { DeviceChoice, LocalMedia } from './local-media.ts';
import { Picture } from './media-element.tsx';
import { MicrophoneLevel } from './microphone-level.ts';
import { recall, remember } from './preferences.ts';
import { ProblemMessages } from './problem-messages.tsx';
import { longestId, type RoomAddress, suggestRoom } from './room-address.ts';

export interface PreJoinProps {
  readonly address: RoomAddress;
  readonly media: LocalMedia;
  /** Something to say first, such as how the last session ended. */
  readonly message: string | null;
  readonly onJoin: (address: RoomAddress) => void;
}

export function PreJoin({ address, media, message, onJoin }: PreJoinProps) {
  const [room, setRoom] = useState(() => address.room || suggestRoom(Math.random));
  const [name, setName] = useState(() => address.name || (recall('name') ?? ''));
  const [tried, setTried] = useState(false);
  const missingRoom = room.trim() === '';
  const missingName = name.trim() === '';

  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (missingRoom || missingName) {
      document.getElementById(missingRoom ? 'room' : 'name')?.focus();
      return;
    }
    remember('name', name.trim());
    onJoin({ room: room.trim(), name: name.trim() });
  };

  return (
    <div class="lobby">
      <header class="lobby-header">
        <span class="brand">
          <Logo />
          Manifold
        </span>
        <a class="admin-link" href="/admin">
          Admin
        </a>
      </header>
      <main class="lobby-main">
        <section class="preview-column" aria-label="Your camera and microphone">
          <Preview media={media} name={name} />
          <ProblemMessages media={media} />
        </section>
        <form class="join-form" onSubmit={submit} noValidate>
          <div class="join-title">
            <h1>Join a room</h1>
            <p>Everyone who enters the same room name meets there.</p>
          </div>
          {message !== null && (
            <p class="message" role="status">
              <Icon name="information" />
              <span class="grow">{message}</span>
            </p>
          )}
          <TextField
            id="room"
            label="Room"
            value={room}
            onInput={setRoom}
            error={tried && missingRoom ? 'Give the room a name.' : null}
          />
          <TextField
            id="name"
            label="Your name"
            value={name}
            onInput={setName}
            autocomplete="name"
            autofocus={name === ''}
            error={tried && missingName ? 'Tell the others who you are.' : null}
          />
          <DevicePick
            id="microphone"
            label="Microphone"
            choices={media.microphones.value}
            chosen={media.chosenDevice('microphone')}
            onChoose={(id) => void media.chooseDevice('microphone', id)}
          />
          <DevicePick
            id="camera"
            label="Camera"
            choices={media.cameras.value}
            chosen={media.chosenDevice('camera')}
            onChoose={(id) => void media.chooseDevice('camera', id)}
          />
          <button type="submit" id="join" class="button primary join">
            {media.camera.value === null && media.microphone.value === null
              ? 'Join to watch and listen'
              : 'Join'}
          </button>
        </form>
      </main>
    </div>
  );
}

function Preview({ media, name }: { media: LocalMedia; name: string }) {
  const camera = media.camera.value;
  return (
    <div class="preview">
      {camera === null ? (
        <div class="placeholder">
          {media.busy.value ? (
            <p class="preview-hint">Waiting for your permission…</p>
          ) : (
            <>
              <span class="avatar plain" aria-hidden="true">
                {initials(name)}
              </span>
              <p class="preview-hint">{media.cameraOn.value ? 'No picture' : 'Your camera is off'}</p>
            </>
          )}
        </div>
      ) : (
        <Picture track={camera} mirrored fit="cover" label="Preview of your camera" />
      )}
      <div class="preview-controls">
        <DeviceControls media={media} />
      </div>
      <LevelMeter media={media} />
    </div>
  );
}

/** Shows that the microphone hears something. */
function LevelMeter({ media }: { media: LocalMedia }) {
  const [share, setShare] = useState(0);
  const track = media.microphone.value;
  const on = media.microphoneOn.value && track !== null;
  useEffect(() => {
    if (!on) {
      setShare(0);
      return;
    }
    const level = new MicrophoneLevel();
    level.follow(track);
    // A square root spreads quiet speech over the meter.
    const timer = setInterval(() => setShare(Math.min(1, Math.sqrt(level.read()) * 1.6)), 80);
    return () => {
      clearInterval(timer);
      level.close();
    };
  }, [track, on]);
  if (!on) return null;
  return (
    <div class="meter" role="img" aria-label="Microphone level">
      <span style={{ transform: `scaleX(${share.toFixed(3)})` }} />
    </div>
  );
}

interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly error: string | null;
  readonly autocomplete?: string;
  readonly autofocus?: boolean;
  readonly onInput: (value: string) => void;
}

function TextField({ id, label, value, error, autocomplete = 'off', autofocus, onInput }: TextFieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        value={value}
        maxLength={longestId}
        autocomplete={autocomplete}
        autofocus={autofocus}
        spellcheck={false}
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : `${id}-error`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {error !== null && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface DevicePickProps {
  readonly id: string;
  readonly label: string;
  readonly choices: readonly DeviceChoice[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

/** Nothing to pick, nothing to show. */
function DevicePick({ id, label, choices, chosen, onChoose }: DevicePickProps) {
  if (choices.length === 0) return null;
  const value = choices.some((choice) => choice.id === chosen) ? chosen : choices[0]!.id;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="input" value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
