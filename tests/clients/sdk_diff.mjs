// The recorded streams of every provider, served over HTTP by one scripted upstream to the official
// SDKs and to us: text, tool calls, stop reason and usage must be the same, or the difference must be
// one of those explained below (and in docs/providers.md, word for word).
//
// Run by run.sh with turn_dump (not the server) as its program: a task object does not show tool calls.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spawnChild } from './lib/children.mjs';
import { requirePackage, Skip } from './lib/test.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const fixtures = path.resolve(root, '../shared/fixtures/providers');
const folders = { openai_chat: 'openai_chat', openai_compatible: 'openai_chat',
                  openai_responses: 'openai_responses', anthropic: 'anthropic', gemini: 'gemini' };

// --- what is known to differ, and why -------------------------------------------------------------

const EXPLAINED = JSON.parse(fs.readFileSync(new URL('./sdk_diff_explained.json', import.meta.url)));

// --- the streams ----------------------------------------------------------------------------------

const ENDS = ['"type":"message_stop"', '"type":"response.completed"', '"type":"response.failed"',
              'data: [DONE]'];

// A file that holds several streams, one after the other, is several.
function split(text) {
  const streams = [''];
  let ended = false;
  for (const event of text.split(/(?<=\n\n|\r\n\r\n)/)) {
    if (ended && event.includes('data:')) {
      streams.push('');
      ended = false;
    }
    streams[streams.length - 1] += event;
    ended ||= ENDS.some((end) => event.includes(end));
  }
  return streams;
}

function recordings() {
  const all = [];
  for (const [folder, protocol] of Object.entries(folders)) {
    for (const file of fs.readdirSync(path.join(fixtures, folder)).sort()) {
      const text = fs.readFileSync(path.join(fixtures, folder, file), 'utf8');
      if (!/^(data:|event:)/.test(text)) continue;
      split(text).forEach((stream, index) => {
        all.push({ protocol, stream, name: `${folder}/${file}${index ? `#${index + 1}` : ''}` });
      });
    }
  }
  return all;
}

// Serves recording N under /N/…, whatever follows.
async function startUpstream(all) {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const index = Number(request.url.split('/')[1]);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(all[index].stream);
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

// --- the SDKs -------------------------------------------------------------------------------------

const message = [{ role: 'user', content: 'hi' }];

async function openaiChat(base) {
  const { OpenAI } = requirePackage('openai');
  const client = new OpenAI({ apiKey: 'none', baseURL: `${base}/v1`, maxRetries: 0 });
  const run = client.chat.completions.stream({ model: 'm', messages: message });
  const completion = await run.finalChatCompletion();
  const [choice] = completion.choices;
  return { text: choice.message.content ?? '',
           calls: (choice.message.tool_calls ?? []).map((call) => (
             { name: call.function.name, arguments: call.function.arguments })),
           finish: choice.finish_reason,
           input: completion.usage?.prompt_tokens ?? 0,
           output: completion.usage?.completion_tokens ?? 0 };
}

async function openaiResponses(base) {
  const { OpenAI } = requirePackage('openai');
  const client = new OpenAI({ apiKey: 'none', baseURL: `${base}/v1`, maxRetries: 0 });
  const response = await client.responses.stream({ model: 'm', input: 'hi' }).finalResponse();
  const calls = response.output.filter(
    (item) => item.type === 'function_call' || item.type === 'custom_tool_call');
  const texts = response.output.filter((item) => item.type === 'message').flatMap(
    (item) => item.content.filter((part) => part.type === 'output_text').map((part) => part.text));
  return { text: texts.join(''),
           calls: calls.map((call) => ({ name: call.name, arguments: call.arguments ?? call.input })),
           finish: response.incomplete_details?.reason ?? response.status,
           input: response.usage?.input_tokens ?? 0, output: response.usage?.output_tokens ?? 0 };
}

// input_tokens is what no cache held: ours is the sum.
async function anthropic(base) {
  const { Anthropic } = requirePackage('@anthropic-ai/sdk');
  const client = new Anthropic({ apiKey: 'none', baseURL: base, maxRetries: 0 });
  const run = client.messages.stream({ model: 'm', max_tokens: 1024, messages: message });
  const answer = await run.finalMessage();
  const { usage } = answer;
  return { text: answer.content.filter((block) => block.type === 'text')
             .map((block) => block.text).join(''),
           calls: answer.content.filter((block) => block.type === 'tool_use').map((block) => (
             { name: block.name, arguments: JSON.stringify(block.input) })),
           finish: answer.stop_reason,
           input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) +
             (usage.cache_creation_input_tokens ?? 0),
           output: usage.output_tokens };
}

// candidatesTokenCount leaves thoughts out: ours is the sum.
async function gemini(base) {
  const { GoogleGenAI } = requirePackage('@google/genai');
  const ai = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: base, apiVersion: 'v1beta' } });
  const stream = await ai.models.generateContentStream({ model: 'm', contents: 'hi' });
  const result = { text: '', calls: [], finish: '', input: 0, output: 0 };
  for await (const chunk of stream) {
    for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
      if (part.text && !part.thought) result.text += part.text;
    }
    for (const call of chunk.functionCalls ?? []) {
      result.calls.push({ name: call.name, arguments: JSON.stringify(call.args ?? {}) });
    }
    result.finish = chunk.candidates?.[0]?.finishReason ?? chunk.promptFeedback?.blockReason ??
      result.finish;
    const usage = chunk.usageMetadata;
    if (usage?.promptTokenCount === undefined && usage?.candidatesTokenCount === undefined) continue;
    result.input = (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0);
    result.output = (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0);
  }
  return result;
}

const SDKS = { openai_chat: openaiChat, openai_responses: openaiResponses, anthropic, gemini };

// --- the comparison -------------------------------------------------------------------------------

function canonical(text) {
  const sorted = (value) => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
  };
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    return text;
  }
}

// { text, calls, finish, input, output } of ours in the SDKs' form.
function ours(dump) {
  if (dump.failure) return { failure: dump.failure };
  return { text: dump.text, calls: dump.calls, finish: dump.finish,
           input: dump.usage.input, output: dump.usage.output };
}

function differences(theirs, mine) {
  if (theirs.failure || mine.failure) {
    return Boolean(theirs.failure) === Boolean(mine.failure) ? [] : ['outcome'];
  }
  const found = [];
  for (const field of ['text', 'finish', 'input', 'output']) {
    if (theirs[field] !== mine[field]) found.push(field);
  }
  const calls = (list) => JSON.stringify(list.map((call) => [call.name, canonical(call.arguments)]));
  if (calls(theirs.calls) !== calls(mine.calls)) found.push('calls');
  return found;
}

async function main() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Skip('@google/genai needs Node.js 20 or newer');
  }
  if (!fs.existsSync(fixtures)) throw new Skip(`no recorded streams at ${fixtures}`);
  for (const name of ['openai', '@anthropic-ai/sdk', '@google/genai']) requirePackage(name);
  const all = recordings();
  const upstream = await startUpstream(all);
  const base = (index) => `http://127.0.0.1:${upstream.address().port}/${index}`;
  const dumper = spawnChild(process.argv[2], [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: dumper.stdout })[Symbol.asyncIterator]();
  const document = fs.readFileSync(path.join(root, 'docs/providers.md'), 'utf8');

  const unexplained = [];
  const used = new Set();
  let compared = 0;
  for (const [index, recording] of all.entries()) {
    const version = recording.protocol === 'gemini' ? 'v1beta' : 'v1';
    dumper.stdin.write(`${recording.protocol} ${base(index)}/${version}\n`);
    const mine = ours(JSON.parse((await lines.next()).value));
    const theirs = await SDKS[recording.protocol](base(index)).catch(
      (error) => ({ failure: String(error.message).slice(0, 200) }));
    compared += 1;
    for (const field of differences(theirs, mine)) {
      const key = `${recording.name} ${field}`;
      const known = EXPLAINED.find((row) => row.stream === recording.name && row.field === field);
      if (known) {
        used.add(known);
        continue;
      }
      unexplained.push(`${key}\n    SDK:  ${JSON.stringify(theirs[field] ?? theirs).slice(0, 400)}\n` +
                       `    ours: ${JSON.stringify(mine[field] ?? mine).slice(0, 400)}`);
    }
  }
  dumper.stdin.end();
  await dumper.exited;
  upstream.close();
  for (const difference of unexplained) console.error(`DIFFERS: ${difference}`);
  const idle = EXPLAINED.filter((row) => !used.has(row)).map((row) => `${row.stream} ${row.field}`);
  assert.deepEqual(idle, [], 'explained, but there is no such difference');
  const undocumented = EXPLAINED.filter((row) => !document.includes(row.why)).map((row) => row.why);
  assert.deepEqual(undocumented, [], 'docs/providers.md does not hold these explanations');
  assert.equal(unexplained.length, 0, `${unexplained.length} unexplained differences`);
  console.log(`passed: ${compared} streams compared, 0 differences unexplained, ` +
              `${EXPLAINED.length} explained`);
}

main().then(() => process.exit(0), (error) => {
  console.error(error instanceof Skip ? `SKIPPED: ${error.message}` : error);
  process.exit(error instanceof Skip ? 77 : 1);
});
