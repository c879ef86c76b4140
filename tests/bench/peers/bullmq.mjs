// BullMQ on Redis with every write on disk before it is answered. Usage: node bullmq.mjs FOLDER SECONDS
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { freePort, load, measure, payload, skip, start, stop, until } from './measure.mjs';

const { Queue, QueueEvents, Worker } = await load('bullmq');
const [role, ...rest] = process.argv.slice(2);

if (role === 'worker') {
  // A process of its own, as in production: the submitting one has enough to do.
  let ended = 0;
  let wanted = Infinity;
  const tell = () => {
    if (ended < wanted) return;
    wanted = Infinity;
    process.send('finished');
  };
  const worker = new Worker('run', async () => null, {
    connection: { host: '127.0.0.1', port: Number(rest[0]) },
    concurrency: 64,
  });
  worker.on('completed', () => {
    ended += 1;
    tell();
  });
  process.on('message', (total) => {
    wanted = total;
    tell();
  });
  process.on('disconnect', () => process.exit(0));
  await worker.waitUntilReady();
  process.send('ready');
} else {
  const [folder, seconds] = [role, Number(rest[0])];
  const port = await freePort();
  const connection = { host: '127.0.0.1', port };
  const redis = start('redis-server', [
    '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '',
    '--appendonly', 'yes', '--appendfsync', 'always', '--daemonize', 'no',
  ]);
  const gone = once(redis, 'exit').then(() => skip('redis-server is not installed or does not start'));
  const idle = new Queue('idle', { connection });
  idle.on('error', () => {});
  await Promise.race([gone, idle.waitUntilReady()]);
  const run = new Queue('run', { connection });
  const events = new QueueEvents('run', { connection });
  await events.waitUntilReady();
  let worker;
  await measure(
    {
      submit: () => idle.add('job', payload),
      startWorkers: async () => {
        worker = fork(new URL(import.meta.url).pathname, ['worker', String(port)]);
        await once(worker, 'message');
      },
      submitRun: () => run.add('job', payload),
      finished: async (total) => {
        worker.send(total);
        await once(worker, 'message');
      },
      runOne: async () => (await run.add('job', payload)).waitUntilFinished(events),
    },
    seconds,
  );
  worker.disconnect();
  await Promise.allSettled([events.close(), run.close(), idle.close()]);
  redis.removeAllListeners('exit');
  await stop(redis);
  process.exit(0);
}
