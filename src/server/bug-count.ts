import type { Logger } from '../log.ts';

/** Counts bugs, wherever they are found: what is logged as an error is one, and nothing else is. */
export class BugCount {
  count = 0;
  /** The logger for everything whose bugs are to be counted. */
  readonly log: Logger;

  constructor(log: Logger) {
    this.log = {
      debug: (fields, message) => log.debug(fields, message),
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
      error: (fields, message) => {
        this.count++;
        log.error(fields, message);
      },
    };
  }
}
