import { useState } from 'preact/hooks';
import { Icon } from '../shared/icon.tsx';

export function TokenForm({ rejected, onToken }: { rejected: boolean; onToken: (token: string) => void }) {
  const [token, setToken] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    if (token.trim() !== '') onToken(token.trim());
  };
  return (
    <form class="center-card" onSubmit={submit}>
      <span class="center-icon">
        <Icon name="key" size={26} />
      </span>
      <h2>Admin token needed</h2>
      <p>It is set as admin.token in the server’s configuration, and kept in this tab only.</p>
      {rejected && (
        <p class="message error" role="alert">
          <Icon name="warning" />
          <span class="grow">The server did not accept this token.</span>
        </p>
      )}
      <div class="field">
        <label for="token">Token</label>
        <input
          id="token"
          class="input"
          type="password"
          autocomplete="current-password"
          value={token}
          autofocus
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </div>
      <button type="submit" class="button primary">
        Continue
      </button>
    </form>
  );
}
