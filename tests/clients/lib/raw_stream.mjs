// GET of an event stream over a plain connection that is cut after a given number of received
// bytes, be they in the head, in a chunk's size or in the middle of an event. Bytes past the cut are
// dropped unread, as a dead network would.

import net from 'node:net';
import { SseReader } from './sse.mjs';

// Takes the head apart and undoes the chunking, as far as the bytes have come.
class ResponseReader {
  constructor() {
    this.pending = Buffer.alloc(0);
    this.head = undefined;
    this.chunkLeft = 0;
    this.ended = false;   // the body's proper end was seen
    this.needCrlf = false;
  }

  #takeHead() {
    const end = this.pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first, ...lines] = this.pending.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    this.head = { status: Number(first.split(' ')[1]), headers };
    this.pending = this.pending.subarray(end + 4);
    this.chunked = headers.get('transfer-encoding') === 'chunked';
    if (this.head.status === 204 || headers.get('content-length') === '0') this.ended = true;
    return true;
  }

  /** The body bytes that are complete so far. */
  feed(bytes) {
    this.pending = Buffer.concat([this.pending, bytes]);
    if (!this.head && !this.#takeHead()) return [];
    const body = [];
    while (!this.ended && this.pending.length > 0) {
      if (!this.chunked) {
        body.push(this.pending);
        this.pending = Buffer.alloc(0);
      } else if (this.chunkLeft > 0) {
        const piece = this.pending.subarray(0, this.chunkLeft);
        this.chunkLeft -= piece.length;
        this.pending = this.pending.subarray(piece.length);
        this.needCrlf = this.chunkLeft === 0;
        body.push(piece);
      } else if (!this.#takeChunkSize()) {
        break;
      }
    }
    return body;
  }

  #takeChunkSize() {
    const skip = this.needCrlf ? 2 : 0;
    const end = this.pending.indexOf('\r\n', skip);
    if (end < 0) return false;
    const size = this.pending.subarray(skip, end).toString('latin1');
    if (!/^[0-9a-fA-F]+$/.test(size)) throw new Error(`bad chunk size ${JSON.stringify(size)}`);
    this.pending = this.pending.subarray(end + 2);
    this.needCrlf = false;
    this.chunkLeft = parseInt(size, 16);
    if (this.chunkLeft === 0) this.ended = true;
    return true;
  }
}

/**
 * One connection. `place` as in http.mjs, `cutAfter` bytes (Infinity: never). Resolves, never
 * rejects but for broken framing, to {status, headers, events, retry, cut, ended, bytes}:
 * `cut` we did it, `ended` the body's proper end came. Each event has `at`, when it came.
 */
export function readStream(place, path, { lastEventId, cutAfter = Infinity, reset = false } = {}) {
  return new Promise((resolve, reject) => {
    const target = place.socketPath ? { path: place.socketPath }
                                    : { host: '127.0.0.1', port: place.port };
    const socket = net.connect(target);
    const reader = new ResponseReader();
    const sse = new SseReader();
    const outcome = { events: [], cut: false, ended: false, bytes: 0 };
    const finish = () => {
      socket.destroy();
      resolve({ ...outcome, ...reader.head, retry: sse.retry, comments: sse.comments,
                ended: reader.ended });
    };
    const cursor = lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: taskgate.test\r\nAccept: text/event-stream\r\n` +
                 `${cursor}\r\n`);
    socket.on('data', (bytes) => {
      if (outcome.cut || reader.ended) return;
      const room = Math.min(bytes.length, cutAfter - outcome.bytes);
      outcome.bytes += room;
      try {
        for (const piece of reader.feed(bytes.subarray(0, room))) {
          for (const event of sse.feed(piece)) outcome.events.push({ ...event, at: Date.now() });
        }
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      if (outcome.bytes >= cutAfter) {
        outcome.cut = true;
        if (reset && !place.socketPath) socket.resetAndDestroy();
        finish();
      } else if (reader.ended) {
        finish();
      }
    });
    socket.on('error', (error) => { outcome.error = error; finish(); });
    socket.on('close', finish);
  });
}
