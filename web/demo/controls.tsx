import { Icon, type IconName } from '../shared/icon.tsx';
import type { LocalMedia } from './local-media.ts';

interface ControlProps {
  readonly icon: IconName;
  readonly label: string;
  /** What it does when pressed. */
  readonly action: string;
  readonly pressed?: boolean;
  readonly look?: 'off' | 'active' | 'leave';
  readonly disabled?: boolean;
  readonly id: string;
  readonly onPress: () => void;
}

function Control({ icon, label, action, pressed, look, disabled, id, onPress }: ControlProps) {
  return (
    <button
      type="button"
      id={id}
      class={`control${look === undefined ? '' : ` ${look}`}`}
      aria-label={action}
      aria-pressed={pressed}
      title={action}
      disabled={disabled}
      onClick={onPress}
    >
      <Icon name={icon} size={22} />
      <span class="control-label" aria-hidden="true">
        {label}
      </span>
    </button>
  );
}

/** Microphone and camera: before joining and in the room. */
export function DeviceControls({ media }: { media: LocalMedia }) {
  const microphone = media.microphoneOn.value;
  const camera = media.cameraOn.value;
  return (
    <>
      <Control
        id="toggle-microphone"
        icon={microphone ? 'microphone' : 'microphone-off'}
        label={microphone ? 'Mute' : 'Unmute'}
        action={microphone ? 'Mute the microphone' : 'Unmute the microphone'}
        {...(microphone ? {} : { look: 'off' as const })}
        onPress={() => void media.setMicrophone(!microphone)}
      />
      <Control
        id="toggle-camera"
        icon={camera ? 'camera' : 'camera-off'}
        label={camera ? 'Stop video' : 'Start video'}
        action={camera ? 'Turn the camera off' : 'Turn the camera on'}
        {...(camera ? {} : { look: 'off' as const })}
        onPress={() => void media.setCamera(!camera)}
      />
    </>
  );
}

export interface RoomControlsProps {
  readonly media: LocalMedia;
  readonly statistics: boolean;
  readonly onStatistics: () => void;
  readonly onLeave: () => void;
}

export function RoomControls({ media, statistics, onStatistics, onLeave }: RoomControlsProps) {
  const sharing = media.screen.value !== null;
  return (
    <fieldset class="controls" aria-label="Your media">
      <DeviceControls media={media} />
      {media.canShareScreen && (
        <Control
          id="toggle-screen"
          icon={sharing ? 'screen-stop' : 'screen'}
          label={sharing ? 'Stop sharing' : 'Share'}
          action={sharing ? 'Stop sharing your screen' : 'Share your screen'}
          {...(sharing ? { look: 'active' as const } : {})}
          onPress={() => (sharing ? media.stopScreen() : void media.startScreen())}
        />
      )}
      <Control
        id="toggle-statistics"
        icon="statistics"
        label="Statistics"
        action={statistics ? 'Hide statistics' : 'Show statistics'}
        pressed={statistics}
        {...(statistics ? { look: 'active' as const } : {})}
        onPress={onStatistics}
      />
      <Control id="leave" icon="leave" label="Leave" action="Leave the room" look="leave" onPress={onLeave} />
    </fieldset>
  );
}
