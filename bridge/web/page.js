import { Backsmith, Problem } from "./backsmith.js";
import { Change } from "./change.js";
import { $, element, refuse } from "./dom.js";

const stored = { get: (key) => sessionStorage.getItem(key), set: (key, value) => sessionStorage.setItem(key, value) };
const client = new Backsmith({ token: () => stored.get("token") || "" });
const change = new Change(client);
let leave = new AbortController();

/* Which part of the page is shown: the URL's fragment names the generation, so a reload resumes. */

async function route() {
  leave.abort();
  leave = new AbortController();
  const signedIn = Boolean(stored.get("token"));
  const id = location.hash.slice(1);
  for (const [section, shown] of [["sign-in", !signedIn], ["compose", signedIn && !id], ["run", signedIn && id]]) {
    $(section).hidden = !shown;
  }
  $("sign-out").hidden = !signedIn;
  if (!signedIn) return $("user").focus();
  try {
    await (id ? follow(id, leave.signal) : compose());
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error instanceof Problem && error.status === 401) return signOut();
    say(error.message, true);
  }
}

function signOut() {
  sessionStorage.removeItem("token");
  route();
}

$("sign-out").addEventListener("click", signOut);
addEventListener("hashchange", route);

$("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/auth/dev-token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user: $("user").value.trim() }),
  });
  const body = await answer.json();
  $("user").setCustomValidity(answer.ok ? "" : body.detail);
  if (!answer.ok) return $("user").reportValidity();
  stored.set("token", body.access_token);
  route();
});
$("user").addEventListener("input", () => $("user").setCustomValidity(""));

/* Asking for a backend. */

async function compose() {
  $("prompt").focus();
  const page = await client.generations({ page_size: 8 });
  $("recent").hidden = !page.generations.length;
  $("recent-list").replaceChildren(...page.generations.map(recentItem));
}

function recentItem(generation) {
  const link = element("a", { href: `#${generation.generation_id}` });
  const text = element("div", {}, `${generation.project_name} · version ${generation.version}`);
  text.append(element("small", {}, generation.prompt || "from a spec"));
  link.append(text, element("span", { className: `badge ${generation.status}` }, generation.status));
  const item = element("li");
  item.append(link);
  return item;
}

for (const idea of document.querySelectorAll(".idea")) {
  idea.addEventListener("click", () => { $("prompt").value = idea.textContent; $("prompt").focus(); });
}

$("compose-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("generate").disabled = true;
  $("refusal").hidden = true;
  try {
    const started = await client.generate({ prompt: $("prompt").value, tech_stack: $("stack").value });
    location.hash = started.generation_id;
  } catch (error) {
    refuse($("refusal"), error);
  } finally {
    $("generate").disabled = false;
  }
});

/* Following one generation. */

async function follow(id, signal) {
  clear();
  const generation = await client.generation(id);
  $("run-title").textContent = `${generation.project_name} · version ${generation.version}`;
  $("run-prompt").textContent = generation.prompt;
  document.title = `${generation.project_name} – Backsmith`;
  tellLeftOut(generation);
  $("cancel").onclick = () => client.cancel(id).catch((error) => say(error.message, true));
  $("retry").onclick = () => client.retry(id).then(route, (error) => say(error.message, true));
  $("download").onclick = () => save(id, generation);
  const end = await client.watch(id, {
    signal,
    onState: (state) => { $("wire").hidden = state === "open"; },
    onEvent: (event) => show(id, event),
  });
  $("wire").hidden = true;
  finish(end);
  const ended = await client.generation(id);
  if (!signal.aborted) await change.show(ended);
}

/**
 * Show which words of the prompt were not understood; what is planned stays the same, so it is asked again.
 * It is a note beside the generation: where no plan can be had, there is none, and nothing else changes.
 */
async function tellLeftOut({ prompt, is_iteration }) {
  if (!prompt || is_iteration) return;
  const { unresolved } = await client.plan({ prompt }).catch(() => ({ unresolved: [] }));
  const words = unresolved.map(({ text }) => `“${text}”`).join(", ");
  if (words && $("run-prompt").textContent === prompt) {
    $("left-out").textContent = `Not understood, and left out: ${words}`;
    $("left-out").hidden = false;
  }
}

function clear() {
  $("left-out").hidden = true;
  $("log").replaceChildren();
  $("tree").replaceChildren();
  $("count").textContent = "0";
  $("files").hidden = true;
  $("file").firstChild.textContent = "";
  $("file-name").textContent = "Pick a file";
  files.clear();
  picked = false;
  $("download").hidden = true;
  change.hide();
  advance({ progress: 0, status: "pending" });
  say("Connecting…");
}

function show(id, event) {
  if (event.stage === "connected") return;
  if (event.stage === "history_truncated") $("log").replaceChildren();
  advance(event);
  say(event.message, event.status === "failed");
  note(event);
  if (/^phase_\d_complete$/.test(event.stage) || event.status === "completed") refresh(id);
}

function advance(event) {
  $("progress").value = event.progress;
  $("percent").textContent = `${Math.round(event.progress * 100)} %`;
  $("status").textContent = event.status;
  $("status").className = `badge ${event.status}`;
  $("cancel").hidden = !["pending", "processing"].includes(event.status);
  $("retry").hidden = true;
  const done = [0.2, 0.4, 0.6, 0.8, 0.85, 0.95].filter((end) => event.progress >= end).length;
  const working = event.status === "processing" && event.progress >= 0.05;
  [...$("phases").children].forEach((phase, index) => {
    phase.className = index < done ? "done" : index === done && working ? "current" : "";
  });
}

function note(event) {
  const line = element("li");
  line.append(element("b", {}, `${Math.round(event.progress * 100)} %`), ` ${event.message}`);
  const log = $("log");
  const following = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  log.append(line);
  if (following) log.scrollTop = log.scrollHeight;
  $("count").textContent = log.children.length;
}

function say(message, bad = false) {
  $("now").textContent = message;
  $("now").className = bad ? "now bad" : "now";
}

function finish(end) {
  $("retry").hidden = end.status !== "failed";
  if (end.error) say(`${end.message}`, true);
}

/* The files. */

const files = new Map();
let picked = false;

async function refresh(id) {
  const listed = await client.files(id).catch(() => []);
  if (!listed.length) return;
  const fresh = new Set(listed.filter((file) => files.get(file.path) !== file.digest).map((file) => file.path));
  files.clear();
  for (const file of listed) files.set(file.path, file.digest);
  $("files").hidden = false;
  $("download").hidden = false;
  $("file-count").textContent = listed.length;
  drawTree(id, fresh);
  if (!picked) open(id, files.has("README.md") ? "README.md" : listed[0].path);
}

function drawTree(id, fresh = new Set()) {
  const wanted = $("filter").value.toLowerCase();
  const folders = [...$("tree").querySelectorAll("details")];
  const closed = (path) => {
    const drawn = folders.find((each) => each.dataset.path === path);
    return !wanted && (drawn ? !drawn.open : path.startsWith("."));
  };
  const root = new Map();
  for (const path of files.keys()) {
    if (!path.toLowerCase().includes(wanted)) continue;
    const parts = path.split("/");
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      if (!folder.has(part)) folder.set(part, new Map());
      folder = folder.get(part);
    }
    folder.set(parts.at(-1), path);
  }
  $("tree").replaceChildren(...branches(id, root, "", closed, fresh));
  $("filter").oninput = () => drawTree(id);
}

function branches(id, folder, above, closed, fresh) {
  const sorted = [...folder].sort(([a, one], [b, other]) =>
    (one instanceof Map ? 0 : 1) - (other instanceof Map ? 0 : 1) || a.localeCompare(b));
  return sorted.map(([name, inside]) => {
    if (!(inside instanceof Map)) return leaf(id, name, inside, fresh);
    const path = `${above}${name}/`;
    const branch = element("details", { open: !closed(path) });
    branch.dataset.path = path;
    branch.append(element("summary", {}, `${name}/`), ...branches(id, inside, path, closed, fresh));
    return branch;
  });
}

function leaf(id, name, path, fresh) {
  const button = element("button", { type: "button", title: path }, name);
  button.dataset.path = path;
  if (fresh.has(path)) button.classList.add("fresh");
  if (path === $("file-name").dataset.path) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => { picked = true; open(id, path); });
  return button;
}

async function open(id, path) {
  $("file-name").textContent = path;
  $("file-name").dataset.path = path;
  for (const button of $("tree").querySelectorAll("button")) {
    if (button.dataset.path === path) {
      button.setAttribute("aria-current", "true");
      reveal(button);
    } else button.removeAttribute("aria-current");
  }
  const text = await client.file(id, path).catch((error) => error.message);
  if ($("file-name").dataset.path === path) $("file").firstChild.textContent = text;
}

/* Scrolls the tree alone: scrollIntoView would move the page under its reader. */

function reveal(button) {
  const tree = $("tree").getBoundingClientRect();
  const place = button.getBoundingClientRect();
  if (place.top < tree.top || place.bottom > tree.bottom) {
    $("tree").scrollTop += place.top - tree.top - tree.height / 2;
  }
}

async function save(id, generation) {
  $("download").disabled = true;
  try {
    const url = URL.createObjectURL(await client.download(id));
    const name = generation.project_name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    element("a", { href: url, download: `${name}-v${generation.version}.zip` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    say(error.message, true);
  } finally {
    $("download").disabled = false;
  }
}

route();
