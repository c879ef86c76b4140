// A TCP proxy whose connections die on demand: after so many bytes from the server, or now.

import net from 'node:net';

export class CutProxy {
  /** `budget()` is asked for each new connection: bytes from the server before it is cut. */
  static async start(port, budget = () => Infinity) {
    const proxy = new CutProxy();
    proxy.budget = budget;
    proxy.pairs = new Set();
    proxy.cuts = 0;
    proxy.server = net.createServer((client) => proxy.#join(client, port));
    await new Promise((resolve) => { proxy.server.listen(0, '127.0.0.1', resolve); });
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  #join(client, port) {
    const server = net.connect({ host: '127.0.0.1', port });
    const pair = { client, server, left: this.budget() };
    this.pairs.add(pair);
    const end = () => {
      client.destroy();
      server.destroy();
      this.pairs.delete(pair);
    };
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      client.write(bytes.subarray(0, Math.min(bytes.length, pair.left)));
      pair.left -= bytes.length;
      if (pair.left <= 0) this.#cut(pair);
    });
    for (const socket of [client, server]) {
      socket.on('error', end);
      socket.on('close', end);
    }
  }

  // By turns as a process that dies (FIN) and as a network that does (RST).
  #cut(pair) {
    if (!this.pairs.delete(pair)) return;
    this.cuts += 1;
    if (this.cuts % 2 === 0) pair.client.resetAndDestroy();
    else pair.client.end();
    pair.server.destroy();
  }

  cutAll() {
    for (const pair of [...this.pairs]) this.#cut(pair);
  }

  stop() {
    for (const pair of this.pairs) {
      pair.client.destroy();
      pair.server.destroy();
    }
    return new Promise((resolve) => { this.server.close(resolve); });
  }
}
