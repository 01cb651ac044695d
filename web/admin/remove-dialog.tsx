import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../shared/icon.tsx';
import type { Outcome } from './admin-client.ts';

export interface RemoveDialogProps {
  readonly roomId: string;
  readonly name: string;
  readonly onConfirm: () => Promise<Outcome<unknown>>;
  readonly onClose: () => void;
}

/** Asks before someone is thrown out of a call. */
export function RemoveDialog({ roomId, name, onConfirm, onClose }: RemoveDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => dialog.current?.showModal(), []);

  const confirm = async () => {
    setBusy(true);
    const outcome = await onConfirm();
    setBusy(false);
    if (outcome.kind === 'ok') onClose();
    else if (outcome.kind === 'refused') setError(outcome.message);
    else if (outcome.kind === 'unreachable') setError('The server cannot be reached.');
    else onClose();
  };

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="remove-title" onClose={onClose}>
      <h2 id="remove-title">
        Remove {name} from {roomId}?
      </h2>
      <p>The call of this participant ends at once. Joining again is possible.</p>
      {error !== null && (
        <p class="message error" role="alert">
          <Icon name="warning" />
          <span class="grow">{error}</span>
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button
          type="button"
          class="button danger"
          id="confirm-remove"
          disabled={busy}
          onClick={() => void confirm()}
        >
          {busy ? 'Removing…' : 'Remove'}
        </button>
      </div>
    </dialog>
  );
}
