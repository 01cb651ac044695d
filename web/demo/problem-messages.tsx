import { Icon } from '../shared/icon.tsx';
import type { LocalMedia } from './local-media.ts';
import { combineProblems } from './media-problem.ts';

/** What is wrong with the own devices. Read aloud when it appears. */
export function ProblemMessages({ media }: { media: LocalMedia }) {
  const messages = combineProblems(media.problems.value);
  return (
    <div class="problems" role="status" aria-live="polite">
      {messages.map((message) => (
        <div class="message warning" key={message}>
          <Icon name="warning" />
          <span class="grow">{message}</span>
          <button
            type="button"
            class="dismiss"
            aria-label="Dismiss this message"
            onClick={() => media.dismissProblems()}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
