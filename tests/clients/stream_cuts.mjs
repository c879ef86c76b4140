// 500 cuts at random byte offsets over plain TCP, while tasks run and after they ended: resumed by
// Last-Event-ID, each log arrives 1..N exactly once and its text is the result's text.

import assert from 'node:assert/strict';
import { checkLog, followWithCuts } from './lib/follow.mjs';
import { Client } from './lib/http.mjs';
import { readStream } from './lib/raw_stream.mjs';
import { runTest, seededRandom } from './lib/test.mjs';

const CUTS = Number(process.env.TASKGATE_CUTS ?? 500);
const STREAMS = 20;

// Follows one task again and again until the budget of cuts is used up; each pass is checked whole.
async function cutOneTask(place, random, budget, counts, seed) {
  const client = new Client(place);
  const id = await client.submit({ model: 'sim/lorem?tokens=150&tps=60', seed,
                                   input: 'Tell me of bridges.' });
  let first;
  do {
    const events = await followWithCuts(place, id, { random, budget });
    const { text, task, last } = checkLog(events);
    assert.equal(task.status, 'success');
    assert.equal(text, task.result.text);
    assert.ok(text.length > 0);
    if (first) assert.deepEqual(events.map((e) => e.data), first, 'a replay differs');
    first = events.map((event) => event.data);
    counts.passes += 1;
    counts.events += last;
  } while (budget.cuts > 0);

  const stored = await client.get(id);
  assert.deepEqual(JSON.parse(first.at(-1)).task, stored, 'the final event carries the task object');
  const after = await readStream(place, `/tasks/${id}/stream`, { lastEventId: first.length });
  assert.equal(after.status, 204);
}

await runTest({ deadlineMs: 240_000 }, async ({ gateway }) => {
  const random = seededRandom();
  const budget = { cuts: CUTS };
  const counts = { passes: 0, events: 0 };
  const place = { port: gateway.port };

  const whole = await followWithCuts(
    place, await new Client(place).submit({ model: 'sim/echo', input: 'one two three' }),
    { random, budget: { cuts: 0 } });
  assert.equal(checkLog(whole).text, 'one two three');

  const streams = Array.from({ length: STREAMS }, (_, index) =>
    cutOneTask(place, random, budget, counts, index));
  await Promise.all(streams);

  assert.ok(budget.cuts <= 0);
  return `${CUTS - budget.cuts} cuts over ${STREAMS} tasks, ${counts.passes} whole logs, ` +
         `${counts.events} events, no gap, no duplicate`;
});
