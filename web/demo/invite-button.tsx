import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../shared/icon.tsx';
import { inviteLink } from './room-address.ts';

/** How long the success stays readable. */
const confirmationMs = 2500;

export function InviteButton({ room, primary = false }: { room: string; primary?: boolean }) {
  const [copied, setCopied] = useState(false);
  const link = inviteLink(location.href, room);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), confirmationMs);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      // The clipboard is closed to insecure pages: show the link for copying by hand.
      window.prompt('Copy this link to invite others:', link);
    }
  };

  return (
    <button
      type="button"
      class={`button small invite${primary ? ' primary' : ''}`}
      title={link}
      aria-label={copied ? 'Copied' : 'Copy invite link'}
      onClick={() => void copy()}
    >
      <Icon name={copied ? 'check' : 'link'} size={17} />
      <span class="invite-label">{copied ? 'Copied' : 'Copy invite link'}</span>
    </button>
  );
}
