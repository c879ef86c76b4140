// What every queue is asked: how many submissions a second it makes durable for 64 clients, how many
// jobs a second come to their end, and how long one job alone takes. The job does nothing.
import { spawn } from 'node:child_process';
import net from 'node:net';
import { once } from 'node:events';

export const CLIENTS = 64;

/** About as large as the task that taskgate is given. */
export const payload = {
  model: 'sim/echo',
  input:
    'Summarise the attached support conversation in three sentences for the engineer on call. ' +
    "Name the customer's product version, what they already tried, and what they expect next. " +
    'Keep error codes exactly as they were written, and do not guess at causes.',
  instructions: 'Answer in plain English.',
  max_output_tokens: 1024,
  metadata: { customer: 'c_184467', ticket: 'SUP-20931', region: 'eu-west' },
  tags: ['support', 'summary'],
};

export const now = () => Number(process.hrtime.bigint()) / 1e9;

/** Why a peer is left out: said on stdout, exit status 77. */
export function skip(reason) {
  console.log(`SKIPPED: ${reason}`);
  process.exit(77);
}

export async function load(name) {
  if (Number(process.versions.node.split('.')[0]) < 20) skip('it needs Node.js 20 or newer');
  try {
    return await import(name);
  } catch {
    skip(`the npm package ${name} is not installed`);
  }
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A server that dies with this process, whatever becomes of it. Its output goes nowhere. */
export function start(command, args, options = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...(options.as ?? []), command, ...args], {
    stdio: options.debug ? 'inherit' : 'ignore',
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
  });
  child.on('error', () => {});
  return child;
}

export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(child.stopSignal ?? 'SIGTERM');
  await once(child, 'exit');
}

/** Tries until it works; gives up after 30 seconds. */
export async function until(attempt, what) {
  const end = now() + 30;
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (now() > end) throw new Error(`${what}: ${failure.message}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Each client submits, waits for the answer and submits again. */
async function closedLoop(seconds, submit) {
  const begun = now();
  let total = 0;
  const client = async () => {
    while (now() < begun + seconds) {
      await submit();
      total += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { begun, total, perSecond: total / (now() - begun) };
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/**
 * peer: { submit(): one durable submission with no worker running,
 *         startWorkers(): from here on jobs run,
 *         submitRun(): one durable submission of a job that will be run,
 *         finished(total): resolves once that many of them have ended,
 *         runOne(): one job, from its submission until its end is known }
 * Prints one line of JSON.
 */
export async function measure(peer, seconds) {
  const accept = await closedLoop(seconds, peer.submit);
  await peer.startWorkers();
  const run = await closedLoop(seconds, peer.submitRun);
  await peer.finished(run.total);
  const done = run.total / (now() - run.begun);
  const times = [];
  const end = now() + 3; // some poll, and take half a second for each
  for (let i = 0; i < 3 || (i < 100 * seconds && now() < end); i += 1) {
    const begun = now();
    await peer.runOne();
    times.push((now() - begun) * 1000);
  }
  console.log(
    JSON.stringify({
      submits_per_second: accept.perSecond,
      done_per_second: done,
      one_p50_ms: quantile(times, 0.5),
      one_p99_ms: quantile(times, 0.99),
    }),
  );
}
