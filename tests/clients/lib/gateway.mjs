// Starts the real program and stops it again. The program is a black box here: its first line on
// stdout says where it listens, its logs go to a file beside the database.

import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { spawnChild } from './children.mjs';

// Generous: a program under a sanitizer on a busy machine takes seconds to come up.
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 60_000;

export class Gateway {
  /** `settings`: environment variables, e.g. {TASKGATE_WEBHOOKS__ALLOW_HTTP: 'true'}. */
  static async start(binary, scratch, { settings = {} } = {}) {
    const gateway = new Gateway();
    gateway.logFile = path.join(scratch, 'gateway.log');
    const argv = ['dev', '--listen', '127.0.0.1:0', '--db', path.join(scratch, 'gateway.db')];
    gateway.log = fs.openSync(gateway.logFile, 'a');
    gateway.child = spawnChild(binary, argv, { stdio: ['ignore', 'pipe', gateway.log],
                                               env: { ...process.env, ...settings } });
    gateway.base = await gateway.#listening();
    gateway.port = Number(new URL(gateway.base).port);
    return gateway;
  }

  // The address from the first line on stdout; throws with the log's end when there is none.
  async #listening() {
    const lines = readline.createInterface({ input: this.child.stdout });
    let timer;
    const first = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      this.child.exited,
      new Promise((resolve) => { timer = setTimeout(resolve, START_DEADLINE_MS); }),
    ]);
    clearTimeout(timer);
    lines.on('line', () => {});
    if (typeof first === 'string') {
      const { listening } = JSON.parse(first);
      if (/^http:\/\/127\.0\.0\.1:\d+$/.test(listening)) return listening;
    }
    this.child.kill('SIGKILL');
    throw new Error(`the program did not say where it listens: ${JSON.stringify(first)}\n` +
                    this.logTail());
  }

  logTail(lines = 30) {
    return fs.readFileSync(this.logFile, 'utf8').split('\n').slice(-lines).join('\n');
  }

  /** SIGTERM, and how it ended: {code, signal}. Killed past the deadline. */
  async stop() {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_DEADLINE_MS);
    const end = await this.child.exited;
    clearTimeout(timer);
    fs.closeSync(this.log);
    return end;
  }
}
