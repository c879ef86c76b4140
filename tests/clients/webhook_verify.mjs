// A receiver that checks our webhooks with the official library of Standard Webhooks. Its first
// answer to each message is 500: the second attempt carries the same webhook-id and body.

import assert from 'node:assert/strict';
import http from 'node:http';
import { Client } from './lib/http.mjs';
import { requirePackage, runTest } from './lib/test.mjs';

// Keeps every attempt; answers 500 to the first of each webhook-id, else 204.
async function startReceiver() {
  const attempts = [];
  const waiting = new Set();
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const id = request.headers['webhook-id'];
      const first = !attempts.some((attempt) => attempt.id === id);
      attempts.push({ id, method: request.method, headers: request.headers, path: request.url,
                      body: Buffer.concat(chunks).toString('utf8'), answered: first ? 500 : 204 });
      response.writeHead(first ? 500 : 204).end();
      for (const check of waiting) check();
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const until = (predicate) => new Promise((resolve) => {
    const check = () => {
      if (!predicate(attempts)) return;
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
    check();
  });
  return { server, attempts, until, port: server.address().port };
}

async function signingSecret(client) {
  const answer = await client.request('GET', '/webhook_secret');
  assert.equal(answer.status, 200, answer.text);
  const text = answer.text.match(/whsec_[A-Za-z0-9+/=]+/);
  assert.ok(text, `no secret in ${Object.keys(answer.json ?? {})}`);
  return text[0];
}

function checkAttempts(attempts, { Webhook, WebhookVerificationError }, secret, id) {
  const mine = attempts.filter((attempt) => JSON.parse(attempt.body).data.id === id);
  assert.ok(mine.length >= 2, `${mine.length} attempts for ${id}`);
  assert.deepEqual(new Set(mine.map((attempt) => attempt.id)).size, 1,
                   'the webhook-id changed between attempts');
  for (const attempt of mine) {
    assert.equal(attempt.method, 'POST');
    assert.match(attempt.headers['content-type'], /^application\/json/);
    const message = new Webhook(secret).verify(attempt.body, attempt.headers);
    assert.equal(message.type, 'task.success');
    assert.equal(message.data.status, 'success');
    assert.equal(message.id, attempt.id);
    assert.throws(() => new Webhook(secret).verify(attempt.body.replace('success', 'failure'),
                                                   attempt.headers), WebhookVerificationError);
  }
  assert.equal(mine[0].body, mine[1].body, 'the body changed between attempts');
  assert.ok(mine[1].headers['webhook-timestamp'] > mine[0].headers['webhook-timestamp'],
            'the timestamp is the attempt\'s own');
}

// A receiver on this machine, over plain HTTP, on any port: all of it refused by default.
const settings = {
  TASKGATE_WEBHOOKS__ALLOW_HTTP: 'true',
  TASKGATE_WEBHOOKS__ALLOW_LOOPBACK_FOR_TESTS: 'true',
  TASKGATE_WEBHOOKS__ALLOWED_PORTS: '',
};

await runTest({ deadlineMs: 120_000, settings }, async ({ gateway, defer }) => {
  const library = requirePackage('standardwebhooks');
  const receiver = await startReceiver();
  defer(() => { receiver.server.closeAllConnections(); receiver.server.close(); });
  const client = new Client({ port: gateway.port });
  const secret = await signingSecret(client);

  const webhook = { url: `http://127.0.0.1:${receiver.port}/hooks/taskgate?who=me` };
  const ids = await Promise.all([1, 2, 3].map((number) =>
    client.submit({ model: 'sim/echo', input: `grüße ${number}`, webhook })));
  await receiver.until((attempts) =>
    attempts.filter((attempt) => attempt.answered === 204).length >= ids.length);

  for (const id of ids) checkAttempts(receiver.attempts, library, secret, id);
  assert.ok(receiver.attempts.every((attempt) => attempt.path === '/hooks/taskgate?who=me'));
  const carried = JSON.parse(receiver.attempts[0].body).data;
  assert.deepEqual(carried.task, await client.get(carried.id), 'the task goes along as it is');
  return `${receiver.attempts.length} attempts of ${ids.length} messages verified`;
});
