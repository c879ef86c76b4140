// The same behind nginx, buffering as it comes out of the box: towards the gateway once as nginx
// does by default (HTTP/1.0, a connection per request) and once with HTTP/1.1 keep-alive.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { spawnChild } from './lib/children.mjs';
import { checkLog, followWithCuts } from './lib/follow.mjs';
import { Client, isFinal } from './lib/http.mjs';
import { readStream } from './lib/raw_stream.mjs';
import { Skip, runTest, seededRandom } from './lib/test.mjs';

const CUTS_EACH = 250;

// A Unix socket has no port that somebody else could take.
function nginxConfig(folder, port) {
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n');
  return `
daemon off; master_process off; worker_processes 1;
pid ${folder}/nginx.pid; error_log ${folder}/error.log warn;
events { worker_connections 512; }
http {
  access_log off;
${temps}
  upstream gateway { server 127.0.0.1:${port}; keepalive 16; }
  server {
    listen unix:${folder}/plain.sock;
    location / { proxy_pass http://127.0.0.1:${port}; }
  }
  server {
    listen unix:${folder}/keepalive.sock;
    location / {
      proxy_pass http://gateway;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`;
}

const canConnect = (socketPath) => new Promise((resolve) => {
  const request = http.get({ socketPath, path: '/livez', agent: false }, (response) => {
    response.resume();
    resolve(true);
  });
  request.on('error', () => resolve(false));
});

async function startNginx(scratch, port, defer) {
  const program = process.env.NGINX ?? 'nginx';
  if (spawnSync(program, ['-v']).error) {
    throw new Skip('nginx is not installed; config/quickstart.sh test --full installs it');
  }
  const folder = path.join(scratch, 'nginx');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'nginx.conf'), nginxConfig(folder, port));
  const child = spawnChild(program, ['-p', folder, '-e', path.join(folder, 'error.log'),
                                     '-c', path.join(folder, 'nginx.conf')], { stdio: 'inherit' });
  defer(() => { child.kill('SIGTERM'); return child.exited; });
  const until = Date.now() + 20_000;
  while (!await canConnect(path.join(folder, 'keepalive.sock'))) {
    if (Date.now() > until || child.exitCode !== null) {
      throw new Error(`nginx does not answer\n${fs.readFileSync(path.join(folder, 'error.log'))}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return { plain: path.join(folder, 'plain.sock'), keepAlive: path.join(folder, 'keepalive.sock') };
}

// X-Accel-Buffering does its work: events come while the task still runs.
async function comesAsItIsWritten(place) {
  const id = await new Client(place).submit({ model: 'sim/lorem?tokens=60&tps=30', input: 'x' });
  const got = await readStream(place, `/tasks/${id}/stream`);
  checkLog(got.events);
  const deltas = got.events.filter((event) => event.type === 'output.delta');
  const ahead = got.events.at(-1).at - deltas[0].at;
  assert.ok(ahead > 500, `the first text came ${ahead} ms before the end of a task of 2 s`);
  assert.equal(got.headers.get('content-type'), 'text/event-stream; charset=utf-8');
}

async function cutsAreResumed(place, random) {
  const budget = { cuts: CUTS_EACH };
  const one = async (seed) => {
    const id = await new Client(place).submit({
      model: 'sim/lorem?tokens=100&tps=60', seed, input: 'x' });
    do {
      const events = await followWithCuts(place, id, { random, budget });
      const { text, task } = checkLog(events);
      assert.equal(text, task.result.text);
    } while (budget.cuts > 0);
    return id;
  };
  const ids = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(one));
  const last = (await new Client(place).get(ids[0])).last_seq;
  const after = await readStream(place, `/tasks/${ids[0]}/stream`, { lastEventId: last });
  assert.equal(after.status, 204);
  return CUTS_EACH - budget.cuts;
}

async function longPollWaits(place) {
  const client = new Client(place);
  const id = await client.submit({ model: 'sim/slow?ttft=1s', input: 'x' });
  const begun = Date.now();
  const task = await client.get(id, '?wait=30');
  assert.ok(isFinal(task.status), `after ${Date.now() - begun} ms it is ${task.status}`);
}

async function postsShareAConnection(place) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const client = new Client(place, agent);
  const ids = new Set();
  let reused = 0;
  for (let index = 0; index < 20; index += 1) {
    const answer = await client.request('POST', '/tasks', {
      body: { model: 'sim/echo', input: `number ${index}` } });
    assert.equal(answer.status, 202, answer.text);
    ids.add(answer.json.id);
    reused += answer.reused ? 1 : 0;
  }
  assert.equal(ids.size, 20);
  assert.ok(reused >= 18, `${reused} of 20 requests went over a kept connection`);
  for (const id of ids) {
    assert.match((await client.finished(id)).result.text, /^number \d+$/);
  }
  agent.destroy();
}

await runTest({ deadlineMs: 180_000 }, async ({ gateway, scratch, defer }) => {
  const random = seededRandom();
  const sockets = await startNginx(scratch, gateway.port, defer);
  let cuts = 0;
  for (const [name, socketPath] of Object.entries(sockets)) {
    const place = { socketPath };
    console.log(`through nginx, ${name}`);
    await comesAsItIsWritten(place);
    cuts += await cutsAreResumed(place, random);
    await longPollWaits(place);
    await postsShareAConnection(place);
  }
  assert.ok(cuts >= 500);
  return `${cuts} cuts through nginx, no gap, no duplicate; long polls and keep-alive work`;
});
