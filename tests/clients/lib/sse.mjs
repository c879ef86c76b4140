// An event stream as WHATWG has it (html.spec.whatwg.org, "Server-sent events"): what a browser
// would hand to the page, no more. An event that the end of the stream left without its blank line
// is not one.

export class SseReader {
  constructor() {
    this.decoder = new TextDecoder('utf-8', { fatal: true });
    this.text = '';
    this.lastId = '';
    this.comments = 0;
    this.retry = undefined;
    this.#clear();
  }

  #clear() {
    this.type = '';
    this.data = [];
  }

  /** The events that these bytes completed: {id, type, data}. */
  feed(bytes) {
    this.text += this.decoder.decode(bytes, { stream: true });
    const events = [];
    for (;;) {
      const end = this.text.search(/[\r\n]/);
      if (end < 0) return events;
      const cr = this.text[end] === '\r';
      if (cr && end + 1 === this.text.length) return events;  // an LF may follow
      const line = this.text.slice(0, end);
      this.text = this.text.slice(end + (cr && this.text[end + 1] === '\n' ? 2 : 1));
      const event = this.#line(line);
      if (event) events.push(event);
    }
  }

  #line(line) {
    if (line === '') {
      const event = { id: this.lastId, type: this.type || 'message', data: this.data.join('\n') };
      const complete = this.data.length > 0;
      this.#clear();
      return complete ? event : undefined;
    }
    if (line.startsWith(':')) {
      this.comments += 1;
      return undefined;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.type = value;
    if (field === 'data') this.data.push(value);
    if (field === 'id' && !value.includes('\0')) this.lastId = value;
    if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
    return undefined;
  }
}
