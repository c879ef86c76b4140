// A browser's own EventSource follows a task while its connection is cut again and again: it resumes
// by itself, gets every event once, and stops for good after the final one (204).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { CutProxy } from './lib/cut_proxy.mjs';
import { checkLog } from './lib/follow.mjs';
import { Client } from './lib/http.mjs';
import { Skip, requirePackage, runTest } from './lib/test.mjs';

const CUTS = 4;
const BYTES_PER_CONNECTION = 3500;
const RETRY_MS = 2000;  // what our streams tell the browser (design: `retry: 2000`)

const PAGE = fs.readFileSync(new URL('./page.html', import.meta.url));

// The page and, same origin, /tasks of the gateway. Counts the requests for streams.
async function startPageServer(gatewayPort) {
  const streams = [];
  const server = http.createServer((request, response) => {
    if (!request.url.startsWith('/tasks/')) {
      const known = request.url.startsWith('/page');
      response.writeHead(known ? 200 : 404, { 'content-type': 'text/html; charset=utf-8',
                                              connection: 'close' });
      response.end(known ? PAGE : '');
      return;
    }
    const seen = { lastEventId: request.headers['last-event-id'], status: undefined };
    streams.push(seen);
    const { host, ...headers } = request.headers;
    const forward = http.request({ host: '127.0.0.1', port: gatewayPort, path: request.url,
                                   method: request.method, headers, agent: false }, (answer) => {
      seen.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    forward.on('error', () => response.destroy());
    response.on('close', () => forward.destroy());
    request.pipe(forward);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { server, streams, port: server.address().port };
}

// CHROMIUM names another one than the system's.
function findBrowser() {
  const names = [process.env.CHROMIUM || 'chromium', 'google-chrome', 'google-chrome-stable'];
  const found = names.map((name) =>
    spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim());
  return found.find((file) => file !== '');
}

async function launchBrowser(scratch) {
  const executablePath = findBrowser();
  if (!executablePath) {
    throw new Skip('Chromium is not installed; config/quickstart.sh test --full installs it');
  }
  const { chromium } = requirePackage('playwright-core');
  return chromium.launchPersistentContext(path.join(scratch, 'profile'), {
    executablePath,
    headless: true,
    viewport: { width: 900, height: 600 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

const pageState = (page) => page.evaluate(() => ({
  events: window.events, errors: window.errors, readyState: window.source.readyState }));

// Waits until the page's EventSource has given up, then until a reconnect would have come.
async function watchToTheEnd(page, streams) {
  await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED, null,
                             { timeout: 60_000 });
  const requests = streams.length;
  await page.waitForTimeout(RETRY_MS + 1500);
  assert.equal(streams.length, requests, 'the browser asked again after it had been told to stop');
  assert.equal(streams.at(-1).status, 204);
  return pageState(page);
}

async function screenshot(page, name) {
  const folder = process.env.TASKGATE_CLIENT_OUT;
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, name) });
}

await runTest({ deadlineMs: 150_000 }, async ({ gateway, scratch, defer }) => {
  const site = await startPageServer(gateway.port);
  defer(() => site.server.close());
  let cutting = false;
  const proxy = await CutProxy.start(site.port, () =>
    (cutting && proxy.cuts < CUTS ? BYTES_PER_CONNECTION : Infinity));
  defer(() => proxy.stop());
  const browser = await launchBrowser(scratch);
  defer(() => browser.close());

  const id = await new Client({ port: gateway.port }).submit({
    model: 'sim/lorem?tokens=240&tps=40', input: 'Tell me of bridges.' });
  const url = `http://127.0.0.1:${proxy.port}/page?task=${id}`;
  const page = await browser.newPage();
  cutting = true;
  await page.goto(url);
  const live = await watchToTheEnd(page, site.streams);
  cutting = false;
  await screenshot(page, 'browser_eventsource.png');

  const { text, task } = checkLog(live.events);
  assert.equal(task.status, 'success');
  assert.equal(text, task.result.text);
  assert.equal(await page.textContent('#text'), text);
  assert.equal(proxy.cuts, CUTS);
  assert.ok(live.errors >= CUTS, `${live.errors} errors for ${CUTS} cuts`);
  const cursors = site.streams.map((seen) => Number(seen.lastEventId ?? 0));
  assert.equal(cursors[0], 0);
  for (let index = 1; index < cursors.length; index += 1) {
    assert.ok(cursors[index] >= cursors[index - 1], `cursors ${cursors}`);
  }
  assert.ok(cursors.some((cursor) => cursor > 1 && cursor < live.events.length - 1),
            `no cut fell into the middle: cursors ${cursors}`);
  assert.equal(cursors.at(-1), live.events.length);

  site.streams.length = 0;
  const late = await browser.newPage();
  await late.goto(url);
  const replay = await watchToTheEnd(late, site.streams);
  assert.deepEqual(replay.events, live.events);
  assert.equal(site.streams.length, 2, 'one stream, then 204');
  await screenshot(late, 'browser_eventsource_late.png');
  return `${live.events.length} events over ${cursors.length - 1} connections and ${CUTS} cuts, ` +
         'then 204; a late page saw the same log';
});
