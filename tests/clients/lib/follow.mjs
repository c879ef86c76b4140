// Follows one task's stream over connections that are cut, and checks what came: every event once,
// in order, the final one last, and a text that equals the result's.

import assert from 'node:assert/strict';
import { readStream } from './raw_stream.mjs';

const FINAL_EVENT = /^task\.(success|partial_success|failed|cancelled|expired)$/;

/**
 * Checks a whole log, events as {id, type, data}; returns {text, task, last}: the text of the
 * attempt that counts, the task object of the final event, the last number.
 */
export function checkLog(events) {
  let text = '';
  let task;
  events.forEach((event, index) => {
    const data = JSON.parse(event.data);
    assert.equal(Number(event.id), index + 1, `event ${index + 1} has id ${event.id}`);
    assert.equal(data.seq, index + 1);
    assert.equal(data.type, event.type);
    assert.equal(task, undefined, `${event.type} came after the final event`);
    if (event.type === 'output.reset') text = '';
    if (event.type === 'output.delta' && data.delta.type === 'text_delta') text += data.delta.text;
    if (FINAL_EVENT.test(event.type)) task = data.task;
  });
  assert.ok(task, 'there was no final event');
  assert.equal(task.last_seq, events.length);
  return { text, task, last: events.length };
}

// Bytes after which the next connection dies: now and then in the head, else anywhere.
function cutPoint(random, most) {
  return 1 + Math.floor(random() * (random() < 0.1 ? 400 : most));
}

/**
 * Follows `id` to its end, cutting connections while `budget.cuts > 0`. Resolves to all events.
 * A connection that ends by itself before the final event is an error.
 */
export async function followWithCuts(place, id, { random, budget, mostBytes = 5000 }) {
  const events = [];
  for (;;) {
    const last = events.length;
    const cutting = budget.cuts > 0;
    const cutAfter = cutting ? cutPoint(random, mostBytes) : Infinity;
    // The header is what browsers send; ?after= is the same cursor for other clients.
    const inHeader = last > 0 && random() < 0.8;
    const path = `/tasks/${id}/stream${last > 0 && !inHeader ? `?after=${last}` : ''}`;
    const got = await readStream(place, path, {
      lastEventId: inHeader ? last : undefined, cutAfter, reset: random() < 0.5 });
    if (got.cut) budget.cuts -= 1;
    events.push(...got.events);
    if (got.status !== undefined) assert.ok([200, 204].includes(got.status), `${got.status}`);
    if (events.length > 0 && FINAL_EVENT.test(events.at(-1).type)) return events;
    assert.notEqual(got.status, 204, `204 at ${events.length}, before the final event`);
    assert.ok(got.cut, `the stream ended by itself after event ${events.length} ` +
                       `(${got.error ?? 'no error'})`);
  }
}
