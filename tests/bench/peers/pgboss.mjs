// pg-boss on PostgreSQL as it comes (fsync and synchronous_commit on). Usage: node pgboss.mjs FOLDER SECONDS
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { freePort, load, measure, payload, skip, start, stop, until } from './measure.mjs';

const { default: PgBoss } = await load('pg-boss');
const [role, ...rest] = process.argv.slice(2);

function findPrograms() {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root).sort((a, b) => b - a) : [];
  for (const version of versions) {
    const folder = path.join(root, version, 'bin');
    if (fs.existsSync(path.join(folder, 'initdb'))) return folder;
  }
  return skip('PostgreSQL is not installed');
}

/** PostgreSQL does not run as root; the package made a user for it. */
function ownUser(folder) {
  if (process.getuid() !== 0) return [];
  try {
    const id = Number(execFileSync('id', ['-u', 'postgres'], { stdio: 'pipe' }));
    const group = Number(execFileSync('id', ['-g', 'postgres'], { stdio: 'pipe' }));
    fs.chownSync(folder, id, group);
    return [`--reuid=${id}`, `--regid=${group}`, '--clear-groups'];
  } catch {
    return skip('there is no user postgres, and PostgreSQL does not run as root');
  }
}

async function connect(port) {
  const boss = new PgBoss({
    host: '127.0.0.1', port, user: 'bench', database: 'postgres', max: 16, supervise: false, schedule: false,
  });
  boss.on('error', () => {});
  await boss.start();
  return boss;
}

if (role === 'worker') {
  const boss = await connect(Number(rest[0]));
  // What its user can ask for to be quick: several workers, large batches, the least interval.
  for (let i = 0; i < 4; i += 1) {
    await boss.work('run', { batchSize: 500, pollingIntervalSeconds: 0.5 }, async () => null);
  }
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
} else {
  const [folder, seconds] = [role, Number(rest[0])];
  const programs = findPrograms();
  const as = ownUser(folder);
  const data = path.join(folder, 'data');
  execFileSync('setpriv', [...as, '--', path.join(programs, 'initdb'), '-D', data, '-U', 'bench', '-A', 'trust'], {
    stdio: 'pipe', cwd: folder,
  });
  const port = await freePort();
  const postgres = start(
    path.join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`],
    { as, cwd: folder },
  );
  postgres.stopSignal = 'SIGINT'; // at once, with what is open rolled back
  const boss = await until(() => connect(port), 'PostgreSQL does not answer');
  for (const queue of ['idle', 'run']) await boss.createQueue(queue);
  let worker;
  const ended = async () => {
    const sql = "SELECT count(*) AS count FROM pgboss.job WHERE name = 'run' AND state = 'completed'";
    return Number((await boss.getDb().executeSql(sql)).rows[0].count);
  };
  await measure(
    {
      submit: () => boss.send('idle', payload),
      startWorkers: async () => {
        worker = fork(new URL(import.meta.url).pathname, ['worker', String(port)]);
        await once(worker, 'message');
      },
      submitRun: () => boss.send('run', payload),
      finished: async (total) => {
        while ((await ended()) < total) await new Promise((resolve) => setTimeout(resolve, 20));
      },
      runOne: async () => {
        const id = await boss.send('run', payload);
        for (;;) {
          const job = await boss.getJobById('run', id);
          if (job.state === 'completed') return;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    },
    seconds,
  );
  worker.disconnect();
  await boss.stop({ graceful: false, wait: false });
  await stop(postgres);
  process.exit(0);
}
