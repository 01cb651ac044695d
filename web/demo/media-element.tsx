/** The elements that play tracks. A track is not an attribute, so it is put in by effect. */
import { useEffect, useRef, useState } from 'preact/hooks';

export interface PictureProps {
  readonly track: MediaStreamTrack | null;
  readonly mirrored?: boolean;
  readonly fit: 'cover' | 'contain';
  readonly label: string;
  readonly mid?: string | null;
  /** Told the size of what is shown; null while nothing is. */
  readonly onPicture?: (size: { width: number; height: number } | null) => void;
}

export function Picture({ track, mirrored = false, fit, label, mid, onPicture }: PictureProps) {
  const element = useRef<HTMLVideoElement>(null);
  const report = useRef(onPicture);
  report.current = onPicture;

  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    const size = () => {
      if (video.videoWidth > 0) report.current?.({ width: video.videoWidth, height: video.videoHeight });
    };
    report.current?.(null);
    video.srcObject = track === null ? null : new MediaStream([track]);
    if (track !== null) void video.play().catch(() => {});
    video.addEventListener('loadeddata', size);
    video.addEventListener('resize', size);
    return () => {
      video.removeEventListener('loadeddata', size);
      video.removeEventListener('resize', size);
      video.srcObject = null;
    };
  }, [track]);

  return (
    <video
      ref={element}
      class={`picture ${fit}${mirrored ? ' mirrored' : ''}`}
      aria-label={label}
      data-mid={mid ?? undefined}
      autoplay
      playsInline
      muted
    />
  );
}

export interface VoiceProps {
  readonly track: MediaStreamTrack;
  readonly participantId: string;
  readonly mid: string;
  /** The browser wants a click before it plays sound. */
  readonly onBlocked: () => void;
  /** Changes when the user has clicked. */
  readonly unblock: number;
}

export function Voice({ track, participantId, mid, onBlocked, unblock }: VoiceProps) {
  const element = useRef<HTMLAudioElement>(null);
  const [stream] = useState(() => new MediaStream());

  useEffect(() => {
    const audio = element.current;
    if (audio === null) return;
    for (const old of stream.getTracks()) if (old !== track) stream.removeTrack(old);
    stream.addTrack(track);
    if (audio.srcObject !== stream) audio.srcObject = stream;
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
  }, [track, unblock]);

  return (
    // biome-ignore lint/a11y/useMediaCaption: live speech has no caption track
    <audio ref={element} autoplay data-participant={participantId} data-kind="audio" data-mid={mid} />
  );
}
