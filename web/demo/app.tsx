import { useEffect, useState } from 'preact/hooks';
import { LocalMedia } from './local-media.ts';
import { PreJoin } from './pre-join.tsx';
import { makeSelfId, type RoomAddress, readRoomAddress, signalingUrl } from './room-address.ts';
import { RoomSession } from './room-session.ts';
import { RoomView } from './room-view.tsx';
import { exposeForTests } from './test-hook.ts';

/** Either the lobby or a room; devices opened in the lobby go along into the room. */
export function App() {
  const [address, setAddress] = useState(() => readRoomAddress(location.search));
  const [media, setMedia] = useState(() => new LocalMedia());
  const [session, setSession] = useState<RoomSession | null>(null);
  const [message, setMessage] = useState<string | null>(null);

  useEffect(() => {
    void media.start();
  }, [media]);

  useEffect(() => {
    document.title = session === null ? 'Manifold' : `${session.options.identity.roomId} – Manifold`;
  }, [session]);

  const join = (chosen: RoomAddress) => {
    history.replaceState(null, '', `?${new URLSearchParams({ room: chosen.room })}`);
    const next = new RoomSession(
      {
        url: signalingUrl(location.href),
        identity: { roomId: chosen.room, selfId: makeSelfId(Math.random) },
        name: chosen.name,
      },
      media,
    );
    exposeForTests(next);
    next.start();
    setAddress(chosen);
    setMessage(null);
    setSession(next);
  };

  const leave = () => {
    session?.leave();
    media.stop();
    // The lobby opens the devices anew: leaving must switch the camera's light off even if the user stays away.
    setSession(null);
    setMedia(new LocalMedia());
    setMessage('You left the room.');
  };

  return session === null ? (
    <PreJoin address={address} media={media} message={message} onJoin={join} />
  ) : (
    <RoomView session={session} media={media} onLeave={leave} />
  );
}
