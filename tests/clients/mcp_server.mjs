// The official MCP TypeScript SDK's server, driven as a tool server by our client: what it offers,
// calls as JSON and as event streams, errors of every kind, a session that ends, a lost reply.
//
// Run by run.sh with tool_driver (not the server) as its program.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { spawnChild } from './lib/children.mjs';
import { requirePackage, Skip } from './lib/test.mjs';

const text = (value) => ({ content: [{ type: 'text', text: value }] });

/** What the tools did, by key: the oracle. */
const executions = new Map();
const count = (key) => executions.set(key, (executions.get(key) ?? 0) + 1);

function makeServer(sdk, z) {
  const server = new sdk.McpServer({ name: 'test', version: '1.0.0' });
  const tool = (name, config, run) => server.registerTool(name, config, run);
  tool('add', { description: 'Adds.', inputSchema: { a: z.number(), b: z.number() },
                annotations: { readOnlyHint: true } },
       async ({ a, b }) => text(String(a + b)));
  tool('send', { description: 'Sends.', inputSchema: { to: z.string() } },
       async ({ to }, extra) => {
         const key = extra._meta?.idempotencyKey;
         count(key);
         return text(`${to} ${key} ${extra.requestInfo.headers['idempotency-key']}`);
       });
  tool('mislabelled', { inputSchema: {}, annotations: { readOnlyHint: false } },
       async () => text('changed'));
  tool('harmless', { inputSchema: {}, annotations: { readOnlyHint: true } },
       async () => text('nothing'));
  tool('failing', { inputSchema: {} },
       async () => ({ ...text('no such customer'), isError: true }));
  tool('throwing', { inputSchema: {} }, async () => { throw new Error('broken inside'); });
  tool('picture', { inputSchema: {} },
       async () => ({ content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] }));
  tool('lost', { inputSchema: {} }, async (_, extra) => {
    count(extra._meta?.idempotencyKey);
    for (const socket of sockets) socket.destroy();
    return text('nobody hears this');
  });
  tool('unlisted', { inputSchema: {} }, async () => text('not offered'));
  return server;
}

const sockets = new Set();

async function startServer(sdk, z, enableJsonResponse) {
  const sessions = new Map();
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = JSON.parse(Buffer.concat(pieces).toString());
    const id = request.headers['mcp-session-id'];
    let transport = id ? sessions.get(id) : undefined;
    if (!transport && id) {
      response.writeHead(404).end();
      return;
    }
    if (!transport) {
      transport = new sdk.StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID, enableJsonResponse,
        onsessioninitialized: (made) => sessions.set(made, transport) });
      await makeServer(sdk, z).connect(transport);
    }
    await transport.handleRequest(request, response, body);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { server, sessions, url: `http://127.0.0.1:${server.address().port}/mcp` };
}

/** The driver as a function from a line to its answer. */
function startDriver(url) {
  const child = spawnChild(process.argv[2], [url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line) => {
    child.stdin.write(`${JSON.stringify(line)}\n`);
    const { value, done } = await lines.next();
    assert.ok(!done, 'the driver ended');
    return JSON.parse(value);
  };
  const end = async () => {
    child.stdin.end();
    assert.equal((await child.exited).code, 0);
  };
  return { ask, end };
}

async function checkOffers(ask) {
  const add = await ask({ ready: 'sdk.add' });
  assert.equal(add.description, 'Adds.');
  assert.equal(add.parameters.type, 'object');
  assert.equal(add.effect, 'read');
  assert.equal((await ask({ ready: 'sdk.mislabelled' })).effect, 'write', 'a hint lowers');
  assert.equal((await ask({ ready: 'sdk.harmless' })).effect, 'write', 'and never raises');
  assert.match((await ask({ ready: 'sdk.gone' })).error, /offers no tool/);
}

async function checkCalls(ask, prefix) {
  const call = (name, args = {}, key = `${prefix}${name}`) =>
    ask({ call: `sdk.${name}`, arguments: args, key });
  assert.equal((await call('add', { a: 2, b: 3 })).result, '5');
  assert.match((await call('add', { a: 'x' })).refused, /\/a/);

  const sent = await call('send', { to: 'Ada' });
  assert.equal(sent.state, 'succeeded', JSON.stringify(sent));
  assert.equal(sent.result, `Ada ${prefix}send ${prefix}send`);
  assert.equal(executions.get(`${prefix}send`), 1);

  const failed = await call('failing');
  assert.deepEqual([failed.state, failed.is_error, failed.result],
                   ['succeeded', true, 'no such customer']);
  const threw = await call('throwing');
  assert.deepEqual([threw.state, threw.is_error], ['succeeded', true]);
  assert.match(threw.result, /broken inside/);
  assert.match((await call('picture')).result, /image\/png/);

  const lost = await call('lost');
  assert.equal(lost.state, 'unknown', JSON.stringify(lost));
  assert.equal(executions.get(`${prefix}lost`), 1, 'executed, sent once');
}

async function checkExpiry(ask, sessions) {
  sessions.clear();
  const expired = await ask({ call: 'sdk.send', arguments: { to: 'x' }, key: 'expired' });
  // The list was asked for first (it is always old here), and that made a new session already.
  assert.equal(expired.state, 'succeeded', JSON.stringify(expired));
  assert.equal(executions.get('expired'), 1);
  executions.delete('expired');
}

async function main() {
  const sdk = { ...requirePackage('@modelcontextprotocol/sdk/server/mcp.js'),
                ...requirePackage('@modelcontextprotocol/sdk/server/streamableHttp.js') };
  const { z } = requirePackage('zod');
  for (const enableJsonResponse of [false, true]) {
    const { server, sessions, url } = await startServer(sdk, z, enableJsonResponse);
    const { ask, end } = startDriver(url);
    await checkOffers(ask);
    await checkCalls(ask, enableJsonResponse ? 'json_' : 'sse_');
    await checkExpiry(ask, sessions);
    await end();
    server.closeAllConnections();
    server.close();
    console.log(`ok: ${enableJsonResponse ? 'JSON answers' : 'event streams'}`);
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (error instanceof Skip) {
    console.log(`SKIPPED: ${error.message}`);
    process.exit(77);
  }
  console.error(error);
  process.exit(1);
}
