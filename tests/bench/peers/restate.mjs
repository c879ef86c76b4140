// Restate's server, its services in a process of their own. Usage: node restate.mjs FOLDER SECONDS
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { CLIENTS, freePort, load, measure, payload, skip, start, stop, until } from './measure.mjs';

// The SDK of today wants this from Node.js 22 on; with it, 20 is enough.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

process.env.RESTATE_LOGGING ??= 'ERROR';
const restate = await load('@restatedev/restate-sdk');
const [role, ...rest] = process.argv.slice(2);

function serverProgram() {
  const file = new URL(
    `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
    import.meta.url,
  );
  if (!fs.existsSync(file)) skip('the npm package of the restate-server for this system is not installed');
  return file.pathname;
}

if (role === 'worker') {
  let ended = 0;
  let wanted = Infinity;
  const tell = () => {
    if (ended < wanted) return;
    wanted = Infinity;
    process.send('finished');
  };
  const bench = restate.service({
    name: 'bench',
    handlers: {
      run: async () => {
        ended += 1;
        tell();
        return null;
      },
    },
  });
  process.on('message', (total) => {
    wanted = total + 1; // one more was run before, to see that all is well
    tell();
  });
  process.on('disconnect', () => process.exit(0));
  const server = http2.createServer(restate.createEndpointHandler({ services: [bench] }));
  server.listen(Number(rest[0]), '127.0.0.1', () => process.send('ready'));
} else {
  const [folder, seconds] = [role, Number(rest[0])];
  const [node, ingress, admin, service] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const server = start(
    serverProgram(),
    ['--no-logo', '--base-dir', folder, '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--bind-port', String(node)],
    {
      cwd: folder,
      env: {
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RUST_LOG: 'error',
      },
    },
  );
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const post = (port, path, body) =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
      const request = http.request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent }, (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode < 300 ? resolve() : reject(new Error(`status ${response.statusCode} for ${path}`)),
        );
      });
      request.on('error', reject);
      request.end(text);
    });
  const worker = fork(new URL(import.meta.url).pathname, ['worker', String(service)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  await once(worker, 'message');
  await until(
    () => post(admin, '/deployments', { uri: `http://127.0.0.1:${service}`, force: true }),
    'Restate does not answer',
  );
  await until(() => post(ingress, '/bench/run', payload), 'the service does not answer');
  await measure(
    {
      submit: () => post(ingress, '/bench/run/send?delay=1d', payload),
      startWorkers: async () => {},
      submitRun: () => post(ingress, '/bench/run/send', payload),
      finished: async (total) => {
        worker.send(total);
        await once(worker, 'message');
      },
      runOne: () => post(ingress, '/bench/run', payload),
    },
    seconds,
  );
  worker.disconnect();
  await stop(server);
  process.exit(0);
}
