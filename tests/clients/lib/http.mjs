// Whole requests with node:http, over TCP or a Unix socket, and what every test asks of the API.

import assert from 'node:assert/strict';
import http from 'node:http';

const FINAL = ['success', 'partial_success', 'failed', 'cancelled', 'expired'];
export const isFinal = (status) => FINAL.includes(status);

/** Where a server listens: {port} or {socketPath}. */
export class Client {
  constructor(place, agent = false) {
    this.place = place.socketPath
      ? { socketPath: place.socketPath }
      : { host: '127.0.0.1', port: place.port };
    this.agent = agent;
  }

  /** {status, headers, text, json}; `json` is undefined when the body is none. */
  request(method, path, { body, headers = {}, timeoutMs = 90_000 } = {}) {
    const bytes = body === undefined ? undefined : JSON.stringify(body);
    const fields = { host: 'taskgate.test', ...headers };
    if (bytes !== undefined) {
      fields['content-type'] = 'application/json';
      fields['content-length'] = Buffer.byteLength(bytes);
    }
    return new Promise((resolve, reject) => {
      const options = { ...this.place, method, path, headers: fields, agent: this.agent };
      const request = http.request(options, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = /json/.test(response.headers['content-type'] ?? '');
          resolve({
            status: response.statusCode,
            headers: response.headers,
            text,
            json: isJson && text ? JSON.parse(text) : undefined,
            reused: request.reusedSocket,
          });
        });
      });
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`${method} ${path}: timeout`)));
      request.on('error', reject);
      request.end(bytes);
    });
  }

  async submit(task, headers = {}) {
    const answer = await this.request('POST', '/tasks', { body: task, headers });
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.headers.location, `/tasks/${answer.json.id}`);
    return answer.json.id;
  }

  async get(id, query = '') {
    const answer = await this.request('GET', `/tasks/${id}${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }

  /** Long-polls until the task is final. */
  async finished(id) {
    for (;;) {
      const task = await this.get(id, '?wait=20');
      if (isFinal(task.status)) return task;
    }
  }
}
