// A browser client of Backsmith's bridge: no build step, no dependency.
//
//   import { Backsmith } from "./backsmith.js";
//   const backsmith = new Backsmith({ base: "https://api.example.com", token: () => jwt });
//   const generation = await backsmith.generate({ prompt: "A blog with posts and comments" });
//   const end = await backsmith.watch(generation.generation_id, { onEvent: console.log });

const TERMINAL = new Set(["completed", "failed", "cancelled"]);
const SILENCE_MS = 45_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** A problem (RFC 9457) that the bridge answered. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.detail || `The server answered ${status}.`);
    this.status = status;
    this.reason = body.reason || "UNKNOWN";
    this.errors = body.errors || [];
    this.traceId = body.trace_id || "";
  }
}

export class Backsmith {
  /**
   * @param {object} options
   * @param {string} [options.base] Where the bridge is; empty for this page's own origin.
   * @param {() => string} options.token Returns the user's JWT.
   */
  constructor({ base = "", token }) {
    this.base = base;
    this.token = token;
  }

  generate(body, key = crypto.randomUUID()) {
    return this.json("POST", "/generations/generate", body, { "Idempotency-Key": key });
  }

  plan(body) {
    return this.json("POST", "/generations/plan", body);
  }

  iterate(body, key = crypto.randomUUID()) {
    return this.json("POST", "/generations/iterate", body, { "Idempotency-Key": key });
  }

  generation(id) {
    return this.json("GET", `/generations/${encodeURIComponent(id)}`);
  }

  generations(query = {}) {
    return this.json("GET", `/generations?${new URLSearchParams(query)}`);
  }

  versions(projectId) {
    return this.json("GET", `/generations/projects/${encodeURIComponent(projectId)}/versions`);
  }

  review(id) {
    return this.json("GET", `/generations/${encodeURIComponent(id)}/review`);
  }

  cancel(id) {
    return this.json("POST", `/generations/${encodeURIComponent(id)}/cancel`);
  }

  retry(id) {
    return this.json("POST", `/generations/${encodeURIComponent(id)}/retry`);
  }

  /** Every file of a generation, page by page. */
  async files(id) {
    const found = [];
    let next = "";
    do {
      const query = new URLSearchParams({ page_size: "1000", page_token: next });
      const page = await this.json("GET", `/generations/${encodeURIComponent(id)}/files?${query}`);
      found.push(...page.files);
      next = page.next_page_token;
    } while (next);
    return found;
  }

  async file(id, path) {
    const safe = path.split("/").map(encodeURIComponent).join("/");
    const answer = await this.call("GET", `/generations/${encodeURIComponent(id)}/files/${safe}`);
    return answer.text();
  }

  async download(id) {
    const answer = await this.call("GET", `/generations/${encodeURIComponent(id)}/download`);
    return answer.blob();
  }

  /**
   * Follow a generation to its end, through lost connections and restarts of the server.
   *
   * Every event comes once and in order; `history_truncated` says that the stream starts over.
   *
   * @param {string} id
   * @param {object} options
   * @param {(event: object) => void} options.onEvent
   * @param {(state: "open" | "waiting") => void} [options.onState]
   * @param {"start" | "snapshot" | "now"} [options.from]
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<object>} The terminal event.
   */
  async watch(id, { onEvent, onState = () => {}, from = "start", signal }) {
    const seen = { cursor: "" };
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      signal?.throwIfAborted();
      try {
        const ticket = await this.json("POST", `/generations/${encodeURIComponent(id)}/stream-token`);
        const end = await this.#follow(ticket.event_source_url, { seen, from, onEvent, onState, signal });
        if (end) return end;
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        const final = error instanceof Problem && error.status < 500 && error.status !== 429;
        if (final || signal?.aborted) throw error;
      }
      onState("waiting");
      await new Promise((wake) => setTimeout(wake, pause * (0.5 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** One EventSource: it resumes by itself; resolves with the terminal event, or null when it gave up. */
  #follow(url, { seen, from, onEvent, onState, signal }) {
    const query = new URLSearchParams({ from, heartbeat: "named" });
    if (seen.cursor) query.set("last_event_id", seen.cursor);
    const source = new EventSource(`${url}&${query}`, { withCredentials: true });
    return new Promise((resolve, reject) => {
      let watchdog;
      const finish = (settle, value) => {
        clearTimeout(watchdog);
        source.close();
        settle(value);
      };
      const alive = () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => finish(resolve, null), SILENCE_MS);
      };
      signal?.addEventListener("abort", () => finish(reject, signal.reason), { once: true });
      source.addEventListener("heartbeat", alive);
      source.onopen = () => { alive(); onState("open"); };
      source.onmessage = (message) => {
        alive();
        const event = JSON.parse(message.data);
        if (message.lastEventId) seen.cursor = message.lastEventId;
        onEvent(event);
        if (TERMINAL.has(event.status)) finish(resolve, event);
      };
      source.onerror = () => {
        onState("waiting");
        if (source.readyState === EventSource.CLOSED) finish(resolve, null);
      };
      alive();
    });
  }

  async json(method, path, body, headers = {}) {
    return (await this.call(method, path, body, headers)).json();
  }

  async call(method, path, body, headers = {}) {
    const answer = await fetch(this.base + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token()}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Problem(await answer.json().catch(() => ({})), answer.status);
    return answer;
  }
}
