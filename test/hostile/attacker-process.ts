/** Entry of the attacker's process: a process of its own, so that neither the server nor who measures waits for it. */
import type { Attack, AttackerMessage, AttackReport } from './attack.ts';
import { sendBadMessages } from './bad-messages.ts';
import { floodPosts } from './post-flood.ts';
import { openSilentSockets } from './silent-sockets.ts';
import { floodSockets } from './socket-flood.ts';

const port = Number(process.argv[2]);
const tell = (message: AttackerMessage) => process.send!(message);

function carryOut(attack: Attack): Promise<AttackReport> {
  switch (attack.kind) {
    case 'posts':
      return floodPosts(port, attack);
    case 'socket-publications':
      return floodSockets(port, attack);
    case 'silent-sockets':
      return openSilentSockets(port, attack);
    case 'bad-messages':
      return sendBadMessages(port, attack);
  }
}

process.on('message', (attack: Attack) => {
  carryOut(attack).then(
    (report) => tell({ report }),
    (error: unknown) =>
      tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
