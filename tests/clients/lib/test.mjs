// The frame of every test here: scratch folder, the gateway, an overall deadline, one line at the
// end. Exit status 0 passed, 1 failed, 77 skipped.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Gateway } from './gateway.mjs';

/** Thrown by a test that cannot run here; the message says what enables it. */
export class Skip extends Error {}

/** A package that install.sh put into the build folder. */
export function requirePackage(name) {
  const folder = process.env.TASKGATE_CLIENT_MODULES ?? '';
  try {
    return createRequire(path.resolve(folder, 'package.json'))(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Skip(`the npm package ${name} is not installed; config/quickstart.sh test --full ` +
                   'installs it');
  }
}

/** Repeatable randomness (mulberry32); the seed is printed and can be given as TASKGATE_SEED. */
export function seededRandom() {
  const seed = Number(process.env.TASKGATE_SEED ?? Date.now() % 1_000_000_007);
  console.log(`seed ${seed} (repeat with TASKGATE_SEED=${seed})`);
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Runs `body({gateway, scratch, binary, defer})` against a fresh gateway and exits. What `defer`
 * was given runs afterwards, last one first, whatever happened. A gateway that does not end with
 * status 0 on SIGTERM fails the test.
 */
export async function runTest({ deadlineMs = 120_000, settings } = {}, body) {
  const binary = process.argv[2];
  if (!binary) {
    console.error(`usage: ${path.basename(process.argv[1])} PROGRAM`);
    process.exit(2);
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'taskgate-client-'));
  const deferred = [];
  let gateway;
  const watchdog = setTimeout(() => {
    console.error(`FAILED: not done after ${deadlineMs / 1000} s`);
    if (gateway) {
      console.error(gateway.logTail());
      gateway.child.kill('SIGKILL');
    }
    process.exit(1);
  }, deadlineMs);
  let status = 0;
  try {
    gateway = await Gateway.start(binary, scratch, { settings });
    const defer = (step) => deferred.push(step);
    const summary = await body({ gateway, scratch, binary, defer });
    console.log(`passed: ${summary}`);
  } catch (error) {
    status = error instanceof Skip ? 77 : 1;
    console.error(error instanceof Skip ? `SKIPPED: ${error.message}` : error);
    if (gateway && status === 1) console.error(`--- the gateway's log ends:\n${gateway.logTail()}`);
  }
  for (const step of deferred.reverse()) {
    await Promise.resolve().then(step).catch((error) => console.error('clean-up:', error));
  }
  if (gateway) {
    const end = await gateway.stop();
    if (end.code !== 0 && status === 0) {
      console.error(`FAILED: the gateway ended with ${JSON.stringify(end)}\n${gateway.logTail()}`);
      status = 1;
    }
  }
  clearTimeout(watchdog);
  fs.rmSync(scratch, { recursive: true, force: true });
  process.exit(status);
}
